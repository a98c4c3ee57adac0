#include "common/training/computed_parameters.h"

#include "common/nn/entry_names.h"
#include "common/nn/state.h"
#include "tests/support/tiny_data.h"
#include "tests/support/tiny_net.h"

#include <gtest/gtest.h>
#include <torch/types.h>
#include <torch/utils.h>

namespace consilium {
namespace {

TEST(ComputedParametersTest, LayersHoldRoundedCopiesAndTheirMastersComeBack) {
  MultiTaskNet net = MakeTinyNet({PrognosisTask()});
  const Bytes before = ReadState(*net).bytes;
  {
    const ComputedParameters computed(*net, torch::kBFloat16);
    int shortened = 0;
    for (const OptimizedParameter& parameter : computed.all()) {
      if (parameter.computed.is_same(parameter.master)) continue;
      ++shortened;
      EXPECT_EQ(parameter.computed.scalar_type(), torch::kBFloat16);
      EXPECT_TRUE(parameter.computed.requires_grad());
      EXPECT_TRUE(torch::equal(parameter.computed, parameter.master.to(torch::kBFloat16)));
    }
    EXPECT_GT(shortened, 0);
  }
  EXPECT_EQ(ReadState(*net).bytes, before);
}

TEST(ComputedParametersTest, HeadsKeepTheirType) {
  MultiTaskNet net = MakeTinyNet({PrognosisTask()});
  const ComputedParameters computed(*net, torch::kBFloat16);
  int of_heads = 0;
  for (const auto& parameter : net->named_parameters()) {
    if (!parameter.key().starts_with(kHeadsPrefix)) continue;
    ++of_heads;
    EXPECT_EQ(parameter.value().scalar_type(), torch::kFloat32) << parameter.key();
  }
  EXPECT_GT(of_heads, 0);
}

TEST(ComputedParametersTest, WhatIsWrittenToAMasterStays) {
  MultiTaskNet net = MakeTinyNet({PrognosisTask()});
  {
    const ComputedParameters computed(*net, torch::kBFloat16);
    const torch::NoGradGuard no_gradient;
    for (const OptimizedParameter& parameter : computed.all()) parameter.master.fill_(0.1);
  }
  for (const torch::Tensor& parameter : net->parameters()) {
    EXPECT_TRUE(torch::equal(parameter, torch::full_like(parameter, 0.1)));
    EXPECT_TRUE(parameter.requires_grad());
  }
}

TEST(ComputedParametersTest, TheNetsOwnTypeNeedsNoCopies) {
  MultiTaskNet net = MakeTinyNet({PrognosisTask()});
  const ComputedParameters computed(*net, torch::kFloat32);
  for (const OptimizedParameter& parameter : computed.all()) {
    EXPECT_TRUE(parameter.computed.is_same(parameter.master));
  }
}

}  // namespace
}  // namespace consilium
