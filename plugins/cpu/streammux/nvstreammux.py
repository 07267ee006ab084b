"""nvstreammux: the legacy kind or the new one, chosen once when this module loads, as by NVIDIA."""

from __future__ import annotations

import os

from plugins.cpu.streammux.legacy import LegacyStreamMux
from plugins.cpu.streammux.new import NewStreamMux

USE_NEW = "USE_NEW_NVSTREAMMUX"
"""Environment variable: exactly ``yes`` gives the new kind; 1, true and YES give the legacy one."""


def chosen() -> type[LegacyStreamMux] | type[NewStreamMux]:
    """Give the kind that the environment asks for."""
    return NewStreamMux if os.environ.get(USE_NEW) == "yes" else LegacyStreamMux


NvStreamMux = chosen()
