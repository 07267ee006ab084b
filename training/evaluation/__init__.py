"""``edgeact evaluate``: what fusion models do on people they never saw, as one page and as data."""
