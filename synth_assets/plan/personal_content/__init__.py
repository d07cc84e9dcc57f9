"""Personal data by the values of a column: one file a kind of value."""
