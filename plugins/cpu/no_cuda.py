"""What cuda-python answers on a machine without a GPU.

Applications ask it whether the GPU is integrated before they choose sinks and memory types. Only
those questions are answered; what would need a GPU says so.
"""

from __future__ import annotations

import sys
from enum import IntEnum
from types import ModuleType
from typing import Any


class CUresult(IntEnum):
    """Results of the driver interface (cuda.h)."""

    CUDA_SUCCESS = 0
    CUDA_ERROR_NO_DEVICE = 100


class cudaError_t(IntEnum):
    """Results of the runtime interface (driver_types.h)."""

    cudaSuccess = 0
    cudaErrorNoDevice = 100


class _WithoutGpu(ModuleType):
    """A module of cuda-python in which every other function asks for a GPU."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise AttributeError(
            f"{self.__name__}.{name} needs a GPU, and platform cpu has none; it answers "
            "cuInit, cuDeviceGetCount, cudaGetDeviceCount and cudaGetDeviceProperties"
        )


def _driver(name: str) -> ModuleType:
    module: Any = _WithoutGpu(name, "The driver interface without a GPU.")
    module.CUresult = CUresult
    module.cuInit = lambda flags: (CUresult.CUDA_ERROR_NO_DEVICE,)
    module.cuDeviceGetCount = lambda: (CUresult.CUDA_ERROR_NO_DEVICE, 0)
    return module  # type: ignore[no-any-return]


def _runtime(name: str) -> ModuleType:
    module: Any = _WithoutGpu(name, "The runtime interface without a GPU.")
    module.cudaError_t = cudaError_t
    module.cudaGetDeviceCount = lambda: (cudaError_t.cudaErrorNoDevice, 0)
    module.cudaGetDeviceProperties = lambda device: (cudaError_t.cudaErrorNoDevice, None)
    return module  # type: ignore[no-any-return]


def install() -> None:
    """Let ``import cuda`` give these answers in this process, whatever is installed.

    Both layouts are there: ``cuda.cuda`` and ``cuda.cudart``, and ``cuda.bindings`` of 12.8 on.
    """
    package, bindings = _WithoutGpu("cuda"), _WithoutGpu("cuda.bindings")
    modules = {
        "cuda": package,
        "cuda.bindings": bindings,
        "cuda.cuda": _driver("cuda.cuda"),
        "cuda.cudart": _runtime("cuda.cudart"),
        "cuda.bindings.driver": _driver("cuda.bindings.driver"),
        "cuda.bindings.runtime": _runtime("cuda.bindings.runtime"),
    }
    for parent in (package, bindings):
        parent.__path__ = []
    for name, module in modules.items():
        sys.modules[name] = module
        above, _, own = name.rpartition(".")
        if above:
            setattr(modules[above], own, module)
