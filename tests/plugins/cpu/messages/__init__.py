"""Tests of plugins.cpu.messages."""
