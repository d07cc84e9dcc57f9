"""Engines side by side in one run."""
