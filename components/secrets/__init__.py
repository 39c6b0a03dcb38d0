"""Values that nobody may read but those they are for: made, replaced, and handed over as files."""
