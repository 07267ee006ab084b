"""Tests of how events leave the program."""
