#include "aggregator/admin/transfer_progress.h"

#include <gtest/gtest.h>

namespace consilium {
namespace {

TEST(TransferProgressTest, ATerminalShowsOneLineWithTheTimeThatIsLeft) {
  TransferProgress progress("backup", /*on_terminal=*/true);
  EXPECT_EQ(progress.Update(0, 2'000'000, Millis(0)), "\r\x1b[Kbackup: 0 %, 0 B of 2.0 MB");
  EXPECT_EQ(progress.Update(100'000, 2'000'000, Millis(100)), "");
  EXPECT_EQ(progress.Update(500'000, 2'000'000, Millis(1'000)),
            "\r\x1b[Kbackup: 25 %, 500.0 kB of 2.0 MB, 500.0 kB/s, 0:03 left");
  EXPECT_EQ(progress.Update(2'000'000, 2'000'000, Millis(1'100)),
            "\r\x1b[Kbackup: 100 %, 2.0 MB of 2.0 MB, 1.8 MB/s\n");
  EXPECT_EQ(progress.Update(2'000'000, 2'000'000, Millis(9'000)), "");
}

TEST(TransferProgressTest, ElsewhereEachTenthIsALine) {
  TransferProgress progress("restore", /*on_terminal=*/false);
  EXPECT_EQ(progress.Update(0, 1'000, Millis(0)), "");
  EXPECT_EQ(progress.Update(99, 1'000, Millis(60'000)), "");
  EXPECT_EQ(progress.Update(100, 1'000, Millis(4'000'000)),
            "restore: 10 %, 100 B of 1.0 kB, 0 B/s, 10:00:00 left\n");
  EXPECT_EQ(progress.Update(199, 1'000, Millis(4'100'000)), "");
  EXPECT_EQ(progress.Update(1'000, 1'000, Millis(5'000'000)),
            "restore: 100 %, 1.0 kB of 1.0 kB, 0 B/s\n");
}

TEST(TransferProgressTest, NothingToTransferIsDoneAtOnce) {
  TransferProgress progress("backup", /*on_terminal=*/false);
  EXPECT_EQ(progress.Update(0, 0, Millis(0)), "backup: 100 %, 0 B of 0 B\n");
}

}  // namespace
}  // namespace consilium
