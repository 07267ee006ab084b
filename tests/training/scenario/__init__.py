"""Tests of scripted scenes."""
