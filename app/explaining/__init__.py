"""The chosen pair: its map, mask and sounds, and what is written of them."""
