"""The demo: the main job on embedded defaults, offline, each step seen to work."""
