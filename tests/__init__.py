"""Tests: the mirror of the source, and the journeys through it."""
