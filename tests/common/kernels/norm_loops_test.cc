#include "common/kernels/norm_loops.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

namespace consilium {
namespace {

template <typename T>
struct Moments {
  std::vector<double> mean;
  std::vector<double> squares;

  Moments(Extent extent, Rows<const T> x) : mean(extent.channels), squares(extent.channels) {
    BlockMoments(extent, x, mean.data(), squares.data());
  }
};

TEST(NormLoopsTest, MomentsOfAnyNumberOfRowsAndChannelsAreTheDefinitions) {
  for (const std::int64_t channels : {1, 17, 600}) {
    for (const std::int64_t rows : {1, 3, 5, 100}) {
      std::vector<double> values(rows * channels);
      for (std::size_t i = 0; i < values.size(); ++i) {
        values[i] = std::sin(static_cast<double>(i));
      }
      const Moments<double> moments({rows, channels}, {values.data(), channels});
      for (std::int64_t c = 0; c < channels; ++c) {
        double mean = 0;
        double squares = 0;
        for (std::int64_t r = 0; r < rows; ++r) mean += values[r * channels + c];
        mean /= static_cast<double>(rows);
        for (std::int64_t r = 0; r < rows; ++r)
          squares += std::pow(values[r * channels + c] - mean, 2);
        EXPECT_NEAR(moments.mean[c], mean, 1e-14);
        EXPECT_NEAR(moments.squares[c], squares, 1e-12);
      }
    }
  }
}

TEST(NormLoopsTest, ALargeMeanLeavesTheDeviationsOfFloatRight) {
  std::vector<float> values;
  values.reserve(512);
  for (int i = 0; i < 512; ++i) values.push_back(i % 2 == 0 ? 4096.25F : 4096.5F);
  const Moments<float> moments({512, 1}, {values.data(), 1});
  EXPECT_EQ(moments.mean[0], 4096.375);
  EXPECT_NEAR(moments.squares[0], 512 * 0.125 * 0.125, 1e-6);
}

TEST(NormLoopsTest, MergedMomentsAreThoseOfAllRows) {
  const std::array<double, 6> values{1, 5, -2, 8, 0.5, 3};
  Moments<double> first({2, 1}, {values.data(), 1});
  const Moments<double> rest({4, 1}, {values.data() + 2, 1});
  const Moments<double> all({6, 1}, {values.data(), 1});
  MergeMoments(1, 2, 4, rest.mean.data(), rest.squares.data(), first.mean.data(),
               first.squares.data());
  EXPECT_NEAR(first.mean[0], all.mean[0], 1e-14);
  EXPECT_NEAR(first.squares[0], all.squares[0], 1e-13);
}

TEST(NormLoopsTest, SiluOfFloatIsThatOfDoubleOverItsWholeRange) {
  std::vector<float> x;
  for (int i = -1200; i <= 1200; ++i) x.push_back(static_cast<float>(i) / 8);
  std::vector<float> y(x.size());
  const auto rows = static_cast<std::int64_t>(x.size());
  const float none = 0;
  const float same = 1;
  NormActForward({rows, 1}, Rows<const float>{x.data(), 1}, Affine<float>{&none, &same, &none},
                 Activation::kSilu, {}, Rows<float>{y.data(), 1});
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double expected = x[i] / (1 + std::exp(-static_cast<double>(x[i])));
    EXPECT_NEAR(y[i], expected, 1e-6 * std::max(1.0, std::abs(expected))) << x[i];
  }
}

TEST(NormLoopsTest, ChannelsBesideASliceAreNotWritten) {
  const std::array<float, 6> x{1, 2, 3, 4, 5, 6};
  std::array<float, 6> y{};
  const float none = 0;
  const float twice = 2;
  NormActForward({3, 1}, Rows<const float>{x.data(), 2}, Affine<float>{&none, &twice, &none},
                 Activation::kNone, {}, Rows<float>{y.data() + 1, 2});
  EXPECT_EQ(y, (std::array<float, 6>{0, 2, 0, 6, 0, 10}));
}

}  // namespace
}  // namespace consilium
