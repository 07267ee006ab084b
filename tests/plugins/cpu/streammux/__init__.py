"""Tests of plugins.cpu.streammux."""
