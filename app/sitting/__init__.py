"""What is open and was shown, kept for the next start."""
