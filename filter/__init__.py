"""Filtering: score every generated row with cheap checks, then decide with a policy file."""
