"""What is measured, and what came out."""
