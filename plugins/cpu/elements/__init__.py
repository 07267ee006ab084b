"""What every twin of an element is made of: properties, pads, NVIDIA's events."""
