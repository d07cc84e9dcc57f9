"""Figures that compare rows with rows: how alike two tables are, and what synthetic rows tell of training rows."""
