"""``edgeact doctor``: what this machine lacks for a platform, and the command that mends it."""
