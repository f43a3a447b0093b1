"""Training: from a recipe and a corpus to a run's folder."""
