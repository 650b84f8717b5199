"""The report: one analysis, written as a self-contained HTML page, as Markdown and as JSON."""
