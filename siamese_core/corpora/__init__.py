"""Readers of the known corpora, one module a layout; `layouts.LAYOUTS` names them."""
