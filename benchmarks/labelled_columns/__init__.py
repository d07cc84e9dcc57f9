"""Columns whose kind of personal data is known, for benchmarks/pii.py: two halves made by different generators."""
