"""What notebooks work with and somebody else keeps, and how a portal shows it."""
