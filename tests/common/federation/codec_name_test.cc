#include "common/federation/codec_name.h"

#include "tests/support/status_matchers.h"

#include <vector>

namespace consilium {
namespace {

TEST(CodecNameTest, EveryNameIsReadAsItIsWritten) {
  for (const char* values :
       {"fp32", "bf16", "int8", "top-1%", "top-100%", "top-0.01%", "top-2.5%"}) {
    for (const char* difference : {"", "+difference"}) {
      for (const char* zstd : {"", "+zstd"}) {
        std::string name(values);
        name.append(difference).append(zstd);
        CONSILIUM_ASSERT_OK_AND_ASSIGN(const CodecName parsed, ParseCodecName(name));
        EXPECT_EQ(ToString(parsed), name);
        EXPECT_EQ(parsed.difference, *difference != '\0');
        EXPECT_EQ(parsed.zstd, *zstd != '\0');
      }
    }
  }
  EXPECT_EQ(ParseCodecName("top-0.25%")->kept, 25);
  EXPECT_EQ(ParseCodecName("top-2.5%")->kept, 250);
}

TEST(CodecNameTest, WhatIsNoNameListsTheKnownOnes) {
  for (const char* name : {"",
                           "raw",
                           "int4",
                           "fp32+",
                           "+zstd",
                           "fp32+zstd+difference",
                           "fp32+zstd+zstd",
                           "top-0%",
                           "top-101%",
                           "top-1",
                           "top-%",
                           "top-1.0%",
                           "top-01%",
                           "top-0.001%",
                           "top--1%",
                           "top-1.-5%",
                           "top-.5%",
                           "top-1.%",
                           "BF16",
                           "top-1000000000000%",
                           "int8 ",
                           "top-+1%"}) {
    EXPECT_STATUS(ParseCodecName(name), StatusCode::kInvalidArgument,
                  "expected fp32, bf16, int8 or top-P%");
  }
}

}  // namespace
}  // namespace consilium
