"""What runs in a user's pod before their server does, as the same user and with the same rights. Standard library only."""
