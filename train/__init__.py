"""Training: matched intermediate stages off corpus manifests."""
