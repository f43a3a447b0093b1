"""Evaluation: how often a network is right, and how far that can be believed."""
