#include "boxes.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace edgeact {
namespace {

struct Frame {
  unsigned width = 0;
  unsigned height = 0;
  bool symmetric = false;
};

Frame read_frame() {
  Frame frame;
  const char* text = std::getenv("EDGEACT_PICTURE");
  if (text == nullptr || *text == '\0') return frame;
  int read = 0;
  const int numbers = std::sscanf(text, "%ux%u%n", &frame.width, &frame.height, &read);
  const char* rest = text + read;
  frame.symmetric = std::strcmp(rest, ",symmetric") == 0;
  if (numbers == 2 && frame.width > 0 && frame.height > 0 && (*rest == '\0' || frame.symmetric)) {
    frame.width = std::max(2U, frame.width / 2 * 2);  // nvinfer cuts frames to even sizes
    frame.height = std::max(2U, frame.height / 2 * 2);
    return frame;
  }
  std::fprintf(stderr, "EDGEACT_PICTURE=%s: wanted WIDTHxHEIGHT or WIDTHxHEIGHT,symmetric, "
               "px of the muxed frame; not used\n", text);
  return Frame{};
}

}  // namespace

Thresholds::Thresholds(const NvDsInferParseDetectionParams& params) : params_(params) {
  const std::vector<float>& all = params.perClassPreclusterThreshold;
  lowest_ = all.empty() ? 0.0F : *std::min_element(all.begin(), all.end());
}

bool Thresholds::keeps(std::int64_t classId, float score) const {
  const std::vector<float>& all = params_.perClassPreclusterThreshold;
  if (classId < 0 || classId >= static_cast<std::int64_t>(params_.numClassesConfigured)) {
    return false;
  }
  const std::size_t index = static_cast<std::size_t>(classId);
  return score >= (index < all.size() ? all[index] : lowest_);
}

Corners picture_in(const NvDsInferNetworkInfo& network) {
  static const Frame frame = read_frame();
  const Corners whole{0.0F, 0.0F, static_cast<float>(network.width),
                      static_cast<float>(network.height)};
  if (frame.width == 0) return whole;
  // get_converted_buffer of gstnvinfer.cpp: one ratio, sizes cut to whole px, at least one.
  unsigned width = network.width;
  unsigned height = network.height;
  const double at_full_width =
      static_cast<double>(network.width) * frame.height / frame.width;
  if (at_full_width <= network.height) {
    height = std::max(1U, static_cast<unsigned>(at_full_width));
  } else {
    width = std::max(1U, static_cast<unsigned>(static_cast<double>(network.height) *
                                               frame.width / frame.height));
  }
  const unsigned left = frame.symmetric ? (network.width - width) / 2 : 0;
  const unsigned top = frame.symmetric ? (network.height - height) / 2 : 0;
  return Corners{static_cast<float>(left), static_cast<float>(top),
                 static_cast<float>(left + width), static_cast<float>(top + height)};
}

void append(Boxes& boxes, const Corners& picture, const Corners& corners, unsigned classId,
            float score) {
  const float left = std::clamp(corners.left, picture.left, picture.right);
  const float top = std::clamp(corners.top, picture.top, picture.bottom);
  const float width = std::clamp(corners.right, picture.left, picture.right) - left;
  const float height = std::clamp(corners.bottom, picture.top, picture.bottom) - top;
  if (!(width > 0.0F && height > 0.0F)) return;  // NaN, too
  // DeepStream 9 added rotation_angle: what is not named here must be zero, not whatever was there.
  NvDsInferObjectDetectionInfo box{};
  box.classId = classId;
  box.left = left;
  box.top = top;
  box.width = width;
  box.height = height;
  box.detectionConfidence = score;
  boxes.push_back(box);
}

}  // namespace edgeact
