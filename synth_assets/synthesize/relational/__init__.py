"""Synthesis of tables that refer to each other: keys, child counts, context and the choice of every further parent."""
