"""The twin of nvinfer, from configuration file to metadata."""
