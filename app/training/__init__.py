"""Trainings, as their folders tell."""
