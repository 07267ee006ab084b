"""The C++ parsers of nvinfer, built and called."""
