"""A real single-node Kubernetes for a bare Debian machine, built from source and removed without a trace."""
