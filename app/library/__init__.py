"""What is known of the open corpora and their clips."""
