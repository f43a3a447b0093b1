"""The exhibit: a line-up explained for others, as a folder or one page."""
