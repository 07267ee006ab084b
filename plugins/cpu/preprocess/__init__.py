"""Twin of gst-nvdspreprocess: regions or objects of frames as one tensor for nvinfer."""
