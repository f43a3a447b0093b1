"""Masks: which part of a log-mel is heard; shaped, edited, kept in a file."""
