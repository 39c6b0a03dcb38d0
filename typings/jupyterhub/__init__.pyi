"""What the hub uses of JupyterHub, which ships without types."""
