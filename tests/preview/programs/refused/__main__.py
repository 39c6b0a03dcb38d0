"""Is never reached: the settings refuse the stack file."""
