"""One file, one part of the platform: each declares objects and decides nothing. Beside the rooms is what several of them share."""
