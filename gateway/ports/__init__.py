"""What journeys need from the world, in mail words."""
