"""Tensors in, tensors out: what runs a model."""
