"""Evaluation: zero-shot XTREME-R with the official metrics, intervals and a report."""
