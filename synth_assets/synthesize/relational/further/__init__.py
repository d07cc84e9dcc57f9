"""Parents beside the driving one: which rows are picked, and what rows have in common that meet there."""
