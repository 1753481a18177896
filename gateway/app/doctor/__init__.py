"""The health of an installation and of its surroundings, each failure with its remedy."""
