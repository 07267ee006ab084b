"""Images, compose files and the broker's settings."""
