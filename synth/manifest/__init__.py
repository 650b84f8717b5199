"""The manifest: what a corpus is, where it came from, what was lost, and how to check it (docs/manifest.md)."""
