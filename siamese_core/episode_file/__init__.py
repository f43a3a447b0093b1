"""Episode files: a line-up with its sounds, map and mask, in one file."""
