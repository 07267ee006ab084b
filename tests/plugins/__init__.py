"""Tests of what sits on a pad."""
