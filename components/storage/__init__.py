"""What lasts: databases, claims and the volumes that users share."""
