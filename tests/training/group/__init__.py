"""Tests of the group head."""
