"""Tests of the moves of actors."""
