// For the tests only, where there is no DeepStream: the part of NVIDIA's documented public interface
// (nvdsinfer.h, nvdsinfer_custom_impl.h) that our parsers use, restated. A real build takes
// DeepStream's own headers. DEEPSTREAM_MAJOR=9 adds the field that DeepStream 9 added.

#pragma once

#include <vector>

#define NVDSINFER_MAX_DIMS 8

struct NvDsInferDims {
  unsigned int numDims;
  unsigned int d[NVDSINFER_MAX_DIMS];
  unsigned int numElements;
};

enum NvDsInferDataType { FLOAT = 0, HALF = 1, INT8 = 2, INT32 = 3, INT64 = 4, UINT8 = 5 };

struct NvDsInferLayerInfo {
  NvDsInferDataType dataType;
  NvDsInferDims inferDims;
  int bindingIndex;
  const char* layerName;
  void* buffer;
  int isInput;
};

struct NvDsInferNetworkInfo {
  unsigned int width;
  unsigned int height;
  unsigned int channels;
};

struct NvDsInferObjectDetectionInfo {
  unsigned int classId;
  float left;
  float top;
  float width;
  float height;
  float detectionConfidence;
#if DEEPSTREAM_MAJOR >= 9
  float rotation_angle;
#endif
};

struct NvDsInferParseDetectionParams {
  unsigned int numClassesConfigured;
  std::vector<float> perClassPreclusterThreshold;
  std::vector<float> perClassPostclusterThreshold;
};

using NvDsInferParseCustomFunc = bool (*)(std::vector<NvDsInferLayerInfo> const&,
                                          NvDsInferNetworkInfo const&,
                                          NvDsInferParseDetectionParams const&,
                                          std::vector<NvDsInferObjectDetectionInfo>&);
