"""The composition root: what a gateway is made of, how it starts, stops, and is asked."""
