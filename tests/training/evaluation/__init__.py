"""Tests of ``edgeact evaluate``."""
