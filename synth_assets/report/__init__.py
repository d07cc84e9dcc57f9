"""The report of a refresh, for whoever signs it off: one HTML file, its pictures within it."""
