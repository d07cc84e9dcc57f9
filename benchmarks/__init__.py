"""Engines side by side on any data."""
