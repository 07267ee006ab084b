"""Tests of plugins.cpu.display."""
