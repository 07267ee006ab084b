// Finds the output layers of a network by name and checks their form.

#pragma once

#include <cstdint>
#include <vector>

#include "nvdsinfer_custom_impl.h"

namespace edgeact {

using Layers = std::vector<NvDsInferLayerInfo>;

// A layer of rows x columns floats; the batch dimension is already taken off by nvinfer.
struct Table {
  const float* values = nullptr;
  unsigned rows = 0;
  unsigned columns = 0;

  const float* row(unsigned index) const { return values + std::size_t{index} * columns; }
};

// A layer of whole numbers, which networks give as INT32, INT64 or FLOAT.
struct Numbers {
  const NvDsInferLayerInfo* layer = nullptr;
  unsigned size = 0;

  std::int64_t operator[](unsigned index) const;
};

// True where the network has a layer of that name.
bool has_layer(const Layers& layers, const char* name);

// Each says on stderr what came and what was wanted, and returns false, where the layer is missing
// or has another form. `parser` is the name that the message begins with; columns 0: any number.
bool find_table(const char* parser, const Layers& layers, const char* name, unsigned columns,
                Table& found);
bool find_numbers(const char* parser, const Layers& layers, const char* name, Numbers& found);

}  // namespace edgeact
