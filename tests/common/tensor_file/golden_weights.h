/// Files of tests/golden/weights.
#pragma once

#include "common/storage/file_io.h"
#include "common/tensor_file/safetensors.h"

#include <gtest/gtest.h>

#include <string>

namespace consilium {

inline std::string GoldenWeights(const std::string& name) {
  return std::string(CONSILIUM_GOLDEN_DIR) + "/weights/" + name;
}

inline Bytes ReadGoldenWeights(const std::string& name) {
  return ReadFile(GoldenWeights(name), 1 << 20).value();
}

inline void ExpectSameTensors(const TensorFile& read, const std::string& expected_name) {
  const TensorFile expected =
      ParseSafetensors(ReadGoldenWeights(expected_name), expected_name).value();
  EXPECT_EQ(read.blob.layout->entries(), expected.blob.layout->entries());
  EXPECT_EQ(read.blob.bytes, expected.blob.bytes);
}

}  // namespace consilium
