// Calls a parser as nvinfer does: run_parser LIBRARY FUNCTION WIDTH HEIGHT THRESHOLD... <LAYERS
//
// LAYERS: for each layer a line "NAME TYPE DIM..." and the bytes of its values. Prints a line per
// box, "class left top width height score", and "allocations N": how often the second of two calls,
// whose result has room already, took memory. Exit code 3: the parser returned false.

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <new>
#include <sstream>
#include <string>

#include "nvdsinfer_custom_impl.h"

static std::size_t allocations = 0;

void* operator new(std::size_t size) {
  ++allocations;
  void* memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  // What is not written must not look like zero by luck.
  return std::memset(memory, 0x5a, size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

struct Layer {
  std::string name;
  std::string values;
  NvDsInferLayerInfo info{};
};

static unsigned bytes_of(int type) {
  switch (type) {
    case INT64:
      return 8;
    case HALF:
      return 2;
    default:
      return 4;
  }
}

static std::vector<Layer> read_layers() {
  std::vector<Layer> layers;
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream words(line);
    Layer layer;
    int type = 0;
    words >> layer.name >> type;
    NvDsInferDims& dims = layer.info.inferDims;
    dims.numElements = 1;
    while (words >> dims.d[dims.numDims]) dims.numElements *= dims.d[dims.numDims++];
    layer.info.dataType = static_cast<NvDsInferDataType>(type);
    layer.values.resize(std::size_t{dims.numElements} * bytes_of(type));
    std::cin.read(&layer.values[0], static_cast<std::streamsize>(layer.values.size()));
    layers.push_back(layer);
  }
  return layers;
}

int main(int count, char** words) {
  if (count < 6) return 2;
  void* library = dlopen(words[1], RTLD_NOW);
  if (library == nullptr) {
    std::fprintf(stderr, "%s\n", dlerror());
    return 2;
  }
  const auto parse = reinterpret_cast<NvDsInferParseCustomFunc>(dlsym(library, words[2]));
  if (parse == nullptr) {
    std::fprintf(stderr, "%s\n", dlerror());
    return 2;
  }
  const NvDsInferNetworkInfo network{static_cast<unsigned>(std::atoi(words[3])),
                                     static_cast<unsigned>(std::atoi(words[4])), 3};
  NvDsInferParseDetectionParams params{};
  for (int i = 5; i < count; ++i) {
    params.perClassPreclusterThreshold.push_back(std::strtof(words[i], nullptr));
  }
  params.numClassesConfigured = static_cast<unsigned>(params.perClassPreclusterThreshold.size());

  std::vector<Layer> layers = read_layers();
  std::vector<NvDsInferLayerInfo> infos;
  for (Layer& layer : layers) {
    layer.info.layerName = layer.name.c_str();
    layer.info.buffer = &layer.values[0];
    infos.push_back(layer.info);
  }
  std::vector<NvDsInferObjectDetectionInfo> boxes;
  if (!parse(infos, network, params, boxes)) return 3;
  boxes.clear();
  const std::size_t before = allocations;
  if (!parse(infos, network, params, boxes)) return 3;
  const std::size_t taken = allocations - before;
  for (const NvDsInferObjectDetectionInfo& box : boxes) {
    std::printf("%u %.9g %.9g %.9g %.9g %.9g", box.classId, box.left, box.top, box.width,
                box.height, box.detectionConfidence);
#if DEEPSTREAM_MAJOR >= 9
    std::printf(" %.9g", box.rotation_angle);
#endif
    std::printf("\n");
  }
  std::printf("allocations %zu\n", taken);
  return 0;
}
