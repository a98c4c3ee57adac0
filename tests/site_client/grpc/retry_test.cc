#include "site_client/grpc/retry.h"

#include "tests/support/status_matchers.h"

#include <vector>

namespace consilium {
namespace {

class RetryTest : public ::testing::Test {
 protected:
  RetryTest() {
    options_.first_pause = Millis(1);
    options_.longest_pause = Millis(4);
    options_.retry_for = Millis(10'000);
    options_.on_retry = [this](const Status&, Millis pause) { pauses_.push_back(pause); };
  }

  GrpcTransportOptions options_;
  std::vector<Millis> pauses_;
};

TEST_F(RetryTest, TriesUntilItSucceeds) {
  Retry retry(options_, 1);
  int calls = 0;
  EXPECT_OK(retry.Run([&] { return ++calls < 6 ? Unavailable("away") : OkStatus(); }));
  EXPECT_EQ(calls, 6);
  ASSERT_EQ(pauses_.size(), 5U);
  for (const Millis pause : pauses_) EXPECT_LE(pause, options_.longest_pause);
}

TEST_F(RetryTest, WhatAnExaminationFindsIsFinal) {
  int examined = 0;
  Retry retry(options_, 1,
              [&] { return ++examined < 3 ? OkStatus() : PermissionDenied("not trusted"); });
  EXPECT_EQ(retry.Run([] { return Unavailable("away"); }), PermissionDenied("not trusted"));
  EXPECT_EQ(pauses_.size(), 2U);
  EXPECT_OK(retry.Run([] { return OkStatus(); }));
  EXPECT_EQ(retry.Run([] { return DataLoss("damaged"); }), DataLoss("damaged"));
  EXPECT_EQ(examined, 3);
}

TEST_F(RetryTest, AnErrorThatWillNotPassIsFinal) {
  Retry retry(options_, 1);
  int calls = 0;
  const auto attempt = [&] {
    ++calls;
    return InvalidArgument("wrong");
  };
  EXPECT_EQ(retry.Run(attempt), InvalidArgument("wrong"));
  EXPECT_EQ(calls, 1);
}

TEST_F(RetryTest, TheLastStatusIsReturnedWhenTheTimeIsOver) {
  options_.retry_for = Millis(0);
  options_.first_pause = Millis(10);
  Retry retry(options_, 1);
  EXPECT_EQ(retry.Run([] { return DeadlineExceeded("slow"); }), DeadlineExceeded("slow"));
  EXPECT_TRUE(pauses_.empty());
}

TEST_F(RetryTest, AnInterruptEndsThePause) {
  Interrupt interrupt;
  options_.interrupt = &interrupt;
  options_.first_pause = Millis(60'000);
  options_.retry_for = Millis(600'000);
  options_.on_retry = [&](const Status&, Millis) { interrupt.Request(); };
  Retry retry(options_, 1);
  EXPECT_EQ(retry.Run([] { return Unavailable("away"); }).code(), StatusCode::kCancelled);
}

}  // namespace
}  // namespace consilium
