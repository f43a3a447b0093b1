"""Line-ups, and what a model makes of them."""
