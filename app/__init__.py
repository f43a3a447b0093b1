"""The window: pages, widgets and one session; every computation is the core's."""
