"""The synthesizer `auto`: tries engines on a part of a table, scores them on held-out rows, and takes one."""
