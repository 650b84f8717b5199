"""Rows become model inputs, head by head: pairs, choices, answer spans, tags."""
