"""Attribution methods: what raises and what lowers a one-sided score, cell by cell."""
