#include "common/data/tensor_cache.h"

#include "common/storage/file_io.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

#include <gtest/gtest.h>
#include <torch/types.h>

namespace consilium {
namespace {

class TensorCacheTest : public ::testing::Test {
 protected:
  void SetUp() override {
    dataset_.tasks = {PrognosisTask(), BrixiaTask("lungs").value()};
    dataset_.tasks[1].weight = 0.25;
    for (int i = 0; i < 3; ++i) {
      dataset_.samples.push_back({"image " + std::to_string(i), "patient", "center", {{}, {}}});
    }
    dataset_.samples[0].labels[0] = {1};
    dataset_.samples[2].labels[1] = {0, 1, 2, 3, 2, 1};
    dataset_.images = torch::rand({3, 5, 5});
  }
  const TempFolder folder_;
  const std::string path_ = folder_.File("cache");
  Dataset dataset_;
};

TEST_F(TensorCacheTest, WhatWasWrittenIsRead) {
  ASSERT_OK(WriteTensorCache(path_, dataset_, {0, 2}));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Dataset read, ReadTensorCache(path_));
  EXPECT_EQ(read.tasks, dataset_.tasks);
  ASSERT_EQ(read.samples.size(), 2U);
  EXPECT_EQ(read.samples[0].labels, dataset_.samples[0].labels);
  EXPECT_EQ(read.samples[1].image, "image 2");
  EXPECT_EQ(read.samples[1].labels, dataset_.samples[2].labels);
  EXPECT_TRUE(torch::equal(read.images[1], dataset_.images[2]));
}

TEST_F(TensorCacheTest, ImagesOutliveTheDatasetThatReadThem) {
  ASSERT_OK(WriteTensorCache(path_, dataset_, {1}));
  torch::Tensor images = ReadTensorCache(path_).value().images;
  EXPECT_TRUE(torch::equal(images[0], dataset_.images[1]));
}

TEST_F(TensorCacheTest, NoImageIsACacheToo) {
  ASSERT_OK(WriteTensorCache(path_, dataset_, {}));
  CONSILIUM_ASSERT_OK_AND_ASSIGN(const Dataset read, ReadTensorCache(path_));
  EXPECT_EQ(read.images.sizes(), (std::vector<std::int64_t>{0, 5, 5}));
}

TEST_F(TensorCacheTest, EveryTruncationIsRefused) {
  ASSERT_OK(WriteTensorCache(path_, dataset_, {0, 1, 2}));
  const Bytes whole = ReadFile(path_, 1 << 20).value();
  for (std::size_t size = 1; size < whole.size(); size += 3) {
    ASSERT_OK(WriteFileAtomically(path_, ByteView(whole).first(size)));
    SCOPED_TRACE(size);
    EXPECT_STATUS(ReadTensorCache(path_), StatusCode::kInvalidArgument, path_);
  }
}

TEST_F(TensorCacheTest, NoChangedByteOfTheHeaderCrashes) {
  ASSERT_OK(WriteTensorCache(path_, dataset_, {0, 1, 2}));
  const Bytes whole = ReadFile(path_, 1 << 20).value();
  for (std::size_t at = 0; at + std::size_t{3} * 5 * 5 * 4 < whole.size(); ++at) {
    Bytes changed = whole;
    changed[at] ^= std::byte{0xFF};
    ASSERT_OK(WriteFileAtomically(path_, changed));
    const Result<Dataset> read = ReadTensorCache(path_);
    EXPECT_TRUE(read.ok() || read.status().code() == StatusCode::kInvalidArgument) << at;
  }
}

TEST_F(TensorCacheTest, BytesAreThoseOfTheFormatPage) {
  Dataset dataset;
  dataset.samples.push_back({"a", "p", "c", {}});
  dataset.images = torch::tensor({0.0F, 1.0F, 1.0F, 0.0F}).view({1, 2, 2});
  ASSERT_OK(WriteTensorCache(path_, dataset, {0}));
  const Bytes written = ReadFile(path_, 1 << 20).value();
  const std::string_view header(
      "CONSILTC\1\0\0\0\2\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0"
      "\1\0\0\0a\1\0\0\0p\1\0\0\0c",
      43);
  ASSERT_EQ(written.size(), 64U + 16U);
  EXPECT_EQ(AsText(written).substr(0, 43), header);
  EXPECT_EQ(AsText(written).substr(43, 21), std::string(21, '\0'));
  EXPECT_EQ(AsText(written).substr(64),
            std::string_view("\0\0\0\0\0\0\x80\x3f\0\0\x80\x3f\0\0\0\0", 16));
}

TEST_F(TensorCacheTest, MissingFileIsNamed) {
  EXPECT_STATUS(ReadTensorCache(path_), StatusCode::kNotFound, path_);
}

}  // namespace
}  // namespace consilium
