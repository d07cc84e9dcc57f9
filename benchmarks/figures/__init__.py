"""Figures of synthetic tables: how near they are to the real ones, how private, how useful."""
