"""CPU twins of DeepStream's elements and of pyds, under the same names and with the same semantics.

``registry`` makes an element by NVIDIA's name, ``registration`` puts all of them into GStreamer,
``pyds`` is what applications import, ``conformance`` holds it against pyds 1.2. A folder is one
element or one kind of element: ``sources``, ``streammux``, ``nvinfer``, ``tracker``, ``analytics``,
``display``. They stand on ``elements`` (properties, pads, events) and on ``metadata``.
"""
