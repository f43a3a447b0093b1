"""The window's building blocks; none of them knows the session or imports torch."""
