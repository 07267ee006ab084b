"""Measures every promised figure afresh: python -m tests.acceptance [NAME]."""
