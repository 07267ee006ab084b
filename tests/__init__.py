"""Tests, by the folder they test."""
