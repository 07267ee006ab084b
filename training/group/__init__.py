"""Trains the group head: what people who are near each other do together."""
