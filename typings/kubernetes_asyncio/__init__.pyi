"""What the hub uses of the Kubernetes client, which ships without types."""
