"""The same scores from less work, where a network and its maps allow it.

`near`, `folded` and `patchwork` know when they apply; a method need not.
"""
