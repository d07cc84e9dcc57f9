"""What holds without exception between columns: how it is found, and how rows are made to keep it."""
