// NvDsInferParseDetr: D-FINE, RT-DETR and their kin, exported without the part that wants the
// picture's size as a second input. They need no suppression: use with cluster-mode=4.

#include <cmath>
#include <cstdio>
#include <type_traits>

#include "boxes.h"
#include "layers.h"

namespace {

constexpr const char* kName = "NvDsInferParseDetr";

float sigmoid(float logit) { return 1.0F / (1.0F + std::exp(-logit)); }

}  // namespace

// Layers `pred_logits` or `logits` (queries, classes) and `pred_boxes` (queries, 4): cx cy w h, 0..1
// of the network's input. score = sigmoid(logit); each class of a query that reaches its threshold
// is a box, as RT-DETR takes the best of all pairs (rtdetr_postprocessor.py). The twin is parse_detr
// of plugins/cpu/nvinfer/parsers.py.
extern "C" bool NvDsInferParseDetr(std::vector<NvDsInferLayerInfo> const& layers,
                                   NvDsInferNetworkInfo const& network,
                                   NvDsInferParseDetectionParams const& params,
                                   std::vector<NvDsInferObjectDetectionInfo>& boxes) {
  const char* scores_name = edgeact::has_layer(layers, "logits") ? "logits" : "pred_logits";
  edgeact::Table logits;
  edgeact::Table places;
  if (!edgeact::find_table(kName, layers, scores_name, 0, logits)) return false;
  if (!edgeact::find_table(kName, layers, "pred_boxes", 4, places)) return false;
  if (logits.rows != places.rows) {
    std::fprintf(stderr, "%s: wanted as many boxes as queries; got %u boxes, %u queries\n", kName,
                 places.rows, logits.rows);
    return false;
  }
  const edgeact::Thresholds thresholds(params);
  const edgeact::Corners picture = edgeact::picture_in(network);
  const float lowest = thresholds.lowest();
  // A little below the logit of the lowest threshold, so that no exponential is taken in vain.
  const float floor = lowest > 0.0F ? std::log(lowest / (1.0F - lowest)) - 1e-3F : -INFINITY;
  unsigned likely = 0;
  for (unsigned i = 0; i < logits.rows * logits.columns; ++i) {
    likely += logits.values[i] >= floor ? 1U : 0U;
  }
  boxes.reserve(boxes.size() + likely);
  const float across = static_cast<float>(network.width);
  const float down = static_cast<float>(network.height);
  for (unsigned query = 0; query < logits.rows; ++query) {
    const float* place = places.row(query);
    const float cx = place[0] * across;
    const float cy = place[1] * down;
    const float w = place[2] * across / 2;
    const float h = place[3] * down / 2;
    for (unsigned classId = 0; classId < logits.columns; ++classId) {
      const float logit = logits.row(query)[classId];
      if (!(logit >= floor)) continue;
      const float score = sigmoid(logit);
      if (!thresholds.keeps(classId, score)) continue;
      edgeact::append(boxes, picture, {cx - w, cy - h, cx + w, cy + h}, classId, score);
    }
  }
  return true;
}

static_assert(std::is_same<decltype(&NvDsInferParseDetr), NvDsInferParseCustomFunc>::value,
              "not the signature that nvinfer calls");
