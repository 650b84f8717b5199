"""The official metrics, one file a family, written from their definitions and held to official values by tests."""
