"""The native engine: column after column, each drawn from a decision tree over the columns before it."""
