"""Tests of plugins.cpu.preprocess."""
