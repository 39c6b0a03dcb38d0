"""Brings a stack up on its cluster, takes it down again, and says what it waits for meanwhile."""
