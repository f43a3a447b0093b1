"""The line-up: its cards, its outcome, and those before it."""
