"""Real rows among synthetic ones of one table."""
