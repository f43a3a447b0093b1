"""Signs: the colours of what lowers and what raises a score, on screen and on paper.

Blue and orange differ for every common kind of colour blindness, and in lightness from greys.
"""

LOWERS, RAISES = (30, 136, 255), (255, 140, 0)
"""Red, green and blue, of 255 each."""
