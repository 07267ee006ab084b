"""Tests of plugins.cpu.tracker."""
