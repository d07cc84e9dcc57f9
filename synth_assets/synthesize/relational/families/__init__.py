"""Rows of one driving parent: their order, what they know of each other, and how they are made one after the other."""
