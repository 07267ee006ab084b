"""Keeps C++ exceptions alive in a process with GStreamer: import this before anything of gi.

Distributions link GStreamer to libunwind, which has functions of the same names as GCC's own
unwinder (libgcc_s). PyGObject loads both into the global scope, so a C++ extension that is loaded
later (ONNX, torch, matplotlib) would be unwound by libunwind and end the process at its first
exception. What comes first in the global scope wins.
"""

import contextlib
import ctypes

# Absent where nothing was built by GCC: then there is nothing to keep.
with contextlib.suppress(OSError):
    ctypes.CDLL("libgcc_s.so.1", mode=ctypes.RTLD_GLOBAL)
