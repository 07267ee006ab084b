"""Tests of the CPU twins."""
