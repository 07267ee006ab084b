"""Data sets, the model, the training loop, the evaluation report."""
