import platform

from cuda import cuda, cudart


def has_integrated_gpu():
    """Jetson's GPU shares its memory with the CPU; that decides the sink and the memory type."""
    (result,) = cuda.cuInit(0)
    if result != cuda.CUresult.CUDA_SUCCESS:
        print(f"cuInit failed: {result}")
        return False
    result, count = cuda.cuDeviceGetCount()
    if result != cuda.CUresult.CUDA_SUCCESS or count < 1:
        print(f"no CUDA device: {result}")
        return False
    result, properties = cudart.cudaGetDeviceProperties(0)
    return result == cudart.cudaError_t.cudaSuccess and bool(properties.integrated)


def is_aarch64():
    return platform.uname()[4] == "aarch64"
