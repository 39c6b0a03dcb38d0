"""One file, one part of the platform: each declares Kubernetes objects and decides nothing."""
