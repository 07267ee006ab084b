// What all parsers share: thresholds, the picture inside the letterbox, and the boxes they append.

#pragma once

#include <cstdint>
#include <vector>

#include "nvdsinfer_custom_impl.h"

namespace edgeact {

using Boxes = std::vector<NvDsInferObjectDetectionInfo>;

// Corners in pixels of the network's input.
struct Corners {
  float left;
  float top;
  float right;
  float bottom;
};

// pre-cluster-threshold by class. nvinfer drops what is below; leaving it out here saves the copy.
class Thresholds {
 public:
  explicit Thresholds(const NvDsInferParseDetectionParams& params);

  // True where nvinfer would keep a box of this class and score.
  bool keeps(std::int64_t classId, float score) const;

  // The smallest threshold of any class.
  float lowest() const { return lowest_; }

 private:
  const NvDsInferParseDetectionParams& params_;
  float lowest_;
};

// Where the picture lies in the network's input. nvinfer does not tell its parsers: with
// EDGEACT_PICTURE=1280x720 (the size of the muxed frame; 1280x720,symmetric with
// symmetric-padding=1) it is computed as nvinfer letterboxes, without it the picture is the whole
// input. The variable is read once. It speaks of whole frames: leave it unset where a secondary
// detector uses these parsers. A value that cannot be read is told on stderr and not used.
Corners picture_in(const NvDsInferNetworkInfo& network);

// Append a box, cut to the picture; a box of which nothing is left is not appended.
void append(Boxes& boxes, const Corners& picture, const Corners& corners, unsigned classId,
            float score);

}  // namespace edgeact
