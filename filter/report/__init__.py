"""`report.html`: what the filter did, as one self-contained page."""
