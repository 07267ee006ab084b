"""Tests of the sound encoder."""
