// NvDsInferParseRtmDet: RTMDet for persons, cut before its own suppression. Use with cluster-mode=2.

#include <type_traits>

#include "boxes.h"
#include "layers.h"

// Layer `output` (candidates, 5): x1 y1 x2 y2 in px of the input, score; one class. The twin is
// parse_rtmdet of plugins/cpu/nvinfer/parsers.py.
extern "C" bool NvDsInferParseRtmDet(std::vector<NvDsInferLayerInfo> const& layers,
                                     NvDsInferNetworkInfo const& network,
                                     NvDsInferParseDetectionParams const& params,
                                     std::vector<NvDsInferObjectDetectionInfo>& boxes) {
  edgeact::Table rows;
  if (!edgeact::find_table("NvDsInferParseRtmDet", layers, "output", 5, rows)) return false;
  const edgeact::Thresholds thresholds(params);
  const edgeact::Corners picture = edgeact::picture_in(network);
  unsigned kept = 0;
  for (unsigned i = 0; i < rows.rows; ++i) kept += thresholds.keeps(0, rows.row(i)[4]) ? 1U : 0U;
  boxes.reserve(boxes.size() + kept);
  for (unsigned i = 0; i < rows.rows; ++i) {
    const float* row = rows.row(i);
    if (!thresholds.keeps(0, row[4])) continue;
    edgeact::append(boxes, picture, {row[0], row[1], row[2], row[3]}, 0, row[4]);
  }
  return true;
}

static_assert(std::is_same<decltype(&NvDsInferParseRtmDet), NvDsInferParseCustomFunc>::value,
              "not the signature that nvinfer calls");
