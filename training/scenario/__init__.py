"""Scripted scenes with exact truth: actors, props, rooms, cameras and sound."""
