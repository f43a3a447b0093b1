"""Sonification: from a masked log-mel back to sound."""
