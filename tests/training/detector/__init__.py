"""Tests of the small detector's training."""
