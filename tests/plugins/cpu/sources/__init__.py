"""Tests of plugins.cpu.sources."""
