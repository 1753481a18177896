"""Journeys: the order of steps, on ports only."""
