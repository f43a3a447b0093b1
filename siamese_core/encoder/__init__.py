"""Encoder networks and their parameters."""
