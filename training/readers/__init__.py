"""Readers and writers of labelled data, others' and our own; each gives the same list of clips."""
