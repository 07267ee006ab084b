// NvDsInferParseYoloX: raw heads of YOLOX. Use with cluster-mode=2.

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <type_traits>

#include "boxes.h"
#include "layers.h"

namespace {

constexpr const char* kName = "NvDsInferParseYoloX";
constexpr unsigned kStrides[] = {8, 16, 32};
constexpr unsigned kObjectness = 4;
constexpr unsigned kFirstClass = 5;
// An untrained cell can have any exponent; a box twice the input is clamped all the same.
constexpr float kLargestExponent = 20.0F;

unsigned cells_of(const NvDsInferNetworkInfo& network) {
  unsigned cells = 0;
  for (const unsigned stride : kStrides) {
    cells += (network.width / stride) * (network.height / stride);
  }
  return cells;
}

}  // namespace

// Layer `output` (cells, 5 + classes): cx cy w h objectness class..., strides 8, 16, 32 in that
// order, row by row. cx = (o0 + column) * stride, w = exp(o2) * stride, score = objectness * class
// (YOLOX, yolox/models/yolo_head.py, decode_outputs). The twin is parse_yolox of
// plugins/cpu/nvinfer/parsers.py.
extern "C" bool NvDsInferParseYoloX(std::vector<NvDsInferLayerInfo> const& layers,
                                    NvDsInferNetworkInfo const& network,
                                    NvDsInferParseDetectionParams const& params,
                                    std::vector<NvDsInferObjectDetectionInfo>& boxes) {
  edgeact::Table cells;
  if (!edgeact::find_table(kName, layers, "output", 0, cells)) return false;
  if (cells.rows != cells_of(network) || cells.columns <= kFirstClass) {
    std::fprintf(stderr, "%s: layer 'output': wanted %u cells of 6 or more values for %ux%u; got "
                 "%u of %u\n", kName, cells_of(network), network.width, network.height,
                 cells.rows, cells.columns);
    return false;
  }
  const edgeact::Thresholds thresholds(params);
  const edgeact::Corners picture = edgeact::picture_in(network);
  // No class score lifts a cell over its objectness, and few cells have any.
  unsigned likely = 0;
  for (unsigned i = 0; i < cells.rows; ++i) {
    likely += cells.row(i)[kObjectness] >= thresholds.lowest() ? 1U : 0U;
  }
  boxes.reserve(boxes.size() + likely);
  unsigned index = 0;
  for (const unsigned stride : kStrides) {
    const float size = static_cast<float>(stride);
    for (unsigned y = 0; y < network.height / stride; ++y) {
      for (unsigned x = 0; x < network.width / stride; ++x) {
        const float* cell = cells.row(index++);
        if (!(cell[kObjectness] >= thresholds.lowest())) continue;
        const float* best = std::max_element(cell + kFirstClass, cell + cells.columns);
        const auto classId = static_cast<unsigned>(best - (cell + kFirstClass));
        const float score = cell[kObjectness] * *best;
        if (!thresholds.keeps(classId, score)) continue;
        const float cx = (cell[0] + static_cast<float>(x)) * size;
        const float cy = (cell[1] + static_cast<float>(y)) * size;
        const float w = std::exp(std::min(cell[2], kLargestExponent)) * size / 2;
        const float h = std::exp(std::min(cell[3], kLargestExponent)) * size / 2;
        edgeact::append(boxes, picture, {cx - w, cy - h, cx + w, cy + h}, classId, score);
      }
    }
  }
  return true;
}

static_assert(std::is_same<decltype(&NvDsInferParseYoloX), NvDsInferParseCustomFunc>::value,
              "not the signature that nvinfer calls");
