#include "layers.h"

#include <cstdio>
#include <cstring>

namespace edgeact {
namespace {

// NvDsInferDataType of nvdsinfer.h; older releases name fewer of these.
enum Type { kFloat = 0, kInt32 = 3, kInt64 = 4 };

const NvDsInferLayerInfo* find(const Layers& layers, const char* name) {
  for (const NvDsInferLayerInfo& layer : layers) {
    if (std::strcmp(layer.layerName, name) == 0) return &layer;
  }
  return nullptr;
}

void tell_missing(const char* parser, const Layers& layers, const char* name) {
  std::fprintf(stderr, "%s: wanted an output layer '%s'; the network has:", parser, name);
  for (const NvDsInferLayerInfo& layer : layers) std::fprintf(stderr, " %s", layer.layerName);
  std::fprintf(stderr, ". Set parse-bbox-func-name to the parser of this network\n");
}

}  // namespace

std::int64_t Numbers::operator[](unsigned index) const {
  switch (static_cast<int>(layer->dataType)) {
    case kInt64:
      return static_cast<const std::int64_t*>(layer->buffer)[index];
    case kInt32:
      return static_cast<const std::int32_t*>(layer->buffer)[index];
    default:
      return static_cast<std::int64_t>(static_cast<const float*>(layer->buffer)[index]);
  }
}

bool has_layer(const Layers& layers, const char* name) { return find(layers, name) != nullptr; }

bool find_table(const char* parser, const Layers& layers, const char* name, unsigned columns,
                Table& found) {
  const NvDsInferLayerInfo* layer = find(layers, name);
  if (layer == nullptr) {
    tell_missing(parser, layers, name);
    return false;
  }
  const NvDsInferDims& dims = layer->inferDims;
  const unsigned last = dims.numDims == 0 ? 0 : dims.d[dims.numDims - 1];
  if (dims.numDims < 2 || last == 0 || (columns != 0 && last != columns)) {
    std::fprintf(stderr, "%s: layer '%s': wanted rows of %u values (0: any); got %u dimensions, "
                 "the last of %u\n", parser, name, columns, dims.numDims, last);
    return false;
  }
  if (static_cast<int>(layer->dataType) != kFloat) {
    std::fprintf(stderr, "%s: layer '%s': wanted FLOAT; got data type %d. "
                 "Set output-io-formats=%s:fp32:chw\n",
                 parser, name, static_cast<int>(layer->dataType), name);
    return false;
  }
  found = Table{static_cast<const float*>(layer->buffer), dims.numElements / last, last};
  return true;
}

bool find_numbers(const char* parser, const Layers& layers, const char* name, Numbers& found) {
  const NvDsInferLayerInfo* layer = find(layers, name);
  if (layer == nullptr) {
    tell_missing(parser, layers, name);
    return false;
  }
  const int type = static_cast<int>(layer->dataType);
  if (type != kFloat && type != kInt32 && type != kInt64) {
    std::fprintf(stderr, "%s: layer '%s': wanted FLOAT, INT32 or INT64; got data type %d\n",
                 parser, name, type);
    return false;
  }
  found = Numbers{layer, layer->inferDims.numElements};
  return true;
}

}  // namespace edgeact
