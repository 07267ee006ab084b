"""Tests of training/pose."""
