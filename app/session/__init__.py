"""The shared state, and what a person can ask of it."""
