"""Batch metadata as pyds shows it, and how it rides on buffers."""
