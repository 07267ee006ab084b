// NvDsInferParseEndToEnd: networks that suppress doubles themselves. Use with cluster-mode=4.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <type_traits>

#include "boxes.h"
#include "layers.h"

namespace {

constexpr const char* kName = "NvDsInferParseEndToEnd";

// The two ways in which such networks give their boxes, brought to one.
struct Found {
  edgeact::Table corners;  // the first four columns of a row
  const float* scores = nullptr;
  unsigned step = 1;  // from one score to the next
  edgeact::Numbers classes;
  unsigned count = 0;
};

// `dets` (K, 5) x1 y1 x2 y2 score and `labels` (K), as MMDeploy exports RTMDet. K must be fixed;
// rows to spare have score 0 or label -1.
bool find_dets(const edgeact::Layers& layers, Found& found) {
  if (!edgeact::find_table(kName, layers, "dets", 5, found.corners)) return false;
  if (!edgeact::find_numbers(kName, layers, "labels", found.classes)) return false;
  found.scores = found.corners.values + 4;
  found.step = 5;
  found.count = found.corners.rows;
  return true;
}

// `num_dets` (1), `det_boxes` (K, 4), `det_scores` (K), `det_classes` (K): TensorRT's
// EfficientNMS_TRT plugin.
bool find_efficient_nms(const edgeact::Layers& layers, Found& found) {
  edgeact::Numbers number;
  edgeact::Numbers scores;
  if (!edgeact::find_numbers(kName, layers, "num_dets", number)) return false;
  if (!edgeact::find_table(kName, layers, "det_boxes", 4, found.corners)) return false;
  if (!edgeact::find_numbers(kName, layers, "det_scores", scores)) return false;
  if (!edgeact::find_numbers(kName, layers, "det_classes", found.classes)) return false;
  if (static_cast<int>(scores.layer->dataType) != 0 || scores.size != found.corners.rows) {
    std::fprintf(stderr, "%s: layer 'det_scores': wanted %u FLOAT values; got %u of data type %d\n",
                 kName, found.corners.rows, scores.size,
                 static_cast<int>(scores.layer->dataType));
    return false;
  }
  found.scores = static_cast<const float*>(scores.layer->buffer);
  const std::int64_t most = found.corners.rows;
  found.count = static_cast<unsigned>(std::clamp<std::int64_t>(number[0], 0, most));
  return true;
}

}  // namespace

// Layers: see find_dets and find_efficient_nms. The twin is parse_end_to_end of
// plugins/cpu/nvinfer/parsers.py.
extern "C" bool NvDsInferParseEndToEnd(std::vector<NvDsInferLayerInfo> const& layers,
                                       NvDsInferNetworkInfo const& network,
                                       NvDsInferParseDetectionParams const& params,
                                       std::vector<NvDsInferObjectDetectionInfo>& boxes) {
  Found found;
  const bool efficient = edgeact::has_layer(layers, "num_dets");
  if (!(efficient ? find_efficient_nms(layers, found) : find_dets(layers, found))) return false;
  if (found.classes.size < found.count) {
    std::fprintf(stderr, "%s: wanted a class for each of %u boxes; got %u\n", kName, found.count,
                 found.classes.size);
    return false;
  }
  const edgeact::Thresholds thresholds(params);
  const edgeact::Corners picture = edgeact::picture_in(network);
  boxes.reserve(boxes.size() + found.count);
  for (unsigned i = 0; i < found.count; ++i) {
    const float* row = found.corners.row(i);
    const float score = found.scores[i * found.step];
    const std::int64_t classId = found.classes[i];
    if (!thresholds.keeps(classId, score)) continue;
    edgeact::append(boxes, picture, {row[0], row[1], row[2], row[3]},
                    static_cast<unsigned>(classId), score);
  }
  return true;
}

static_assert(std::is_same<decltype(&NvDsInferParseEndToEnd), NvDsInferParseCustomFunc>::value,
              "not the signature that nvinfer calls");
