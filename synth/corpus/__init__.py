"""The corpus on disk: paths, ids, rows, markers, journals and identity (the contract is docs/corpus.md)."""
