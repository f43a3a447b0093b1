"""The library: the open corpora, a clip at a glance, a clip recorded."""
