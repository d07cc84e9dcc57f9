"""Learning a table with differential privacy: noisy counts of columns and pairs of columns, and a model of these."""
