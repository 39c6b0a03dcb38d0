"""Settings of a program that has its own."""
