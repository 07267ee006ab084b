"""Tests of plugins.cpu.analytics."""
