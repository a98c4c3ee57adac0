#include "common/training/loss_scaler.h"

#include <gtest/gtest.h>

namespace consilium {
namespace {

TEST(LossScalerTest, HalvesAfterAnOverflow) {
  LossScaler scaler;
  EXPECT_EQ(scaler.scale(), 65536);
  scaler.Observe(false);
  scaler.Observe(false);
  EXPECT_EQ(scaler.scale(), 16384);
}

TEST(LossScalerTest, DoublesAfterTwoThousandStepsWithoutOne) {
  LossScaler scaler;
  for (int i = 0; i < 1999; ++i) scaler.Observe(true);
  scaler.Observe(false);
  for (int i = 0; i < 1999; ++i) scaler.Observe(true);
  EXPECT_EQ(scaler.scale(), 32768);
  scaler.Observe(true);
  EXPECT_EQ(scaler.scale(), 65536);
}

}  // namespace
}  // namespace consilium
