"""Reports: what an evaluation or a study writes down, in tables, figures and sentences."""
