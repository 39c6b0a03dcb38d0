"""The namespaces, who may talk to whom in them, and what may not be made there at all."""
