"""``import pyds`` in a Python process that a program under ``edgeact cpu-run`` starts.

The folder of this file is on such a process's path; importing it provides DeepStream there, too,
and puts the twin of pyds in this module's place.
"""

from pipelines.cpu_run import provide_deepstream
from plugins.gst import Gst

provide_deepstream()
# The program may have started GStreamer before it imported pyds; the mux comes with that.
Gst.init(None)
