"""Which nodes take which pods, and what is there before somebody waits for it."""
