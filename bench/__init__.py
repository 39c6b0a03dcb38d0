"""How long things take: medians of several runs, side by side with the nearest peer, never a bar to pass."""
