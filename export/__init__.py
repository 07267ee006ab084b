"""Scripts that make models ready: fetch, adapt, checkpoint to ONNX."""
