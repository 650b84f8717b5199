"""Publishing a corpus: what may be published, its card, and the upload (docs/publish.md)."""
