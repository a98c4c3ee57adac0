/// How far a transfer is, and how long it will take, in lines for a person. Threads: one.
#pragma once

#include "common/base/clock.h"

#include <cstdint>
#include <string>
#include <utility>

namespace consilium {

class TransferProgress {
 public:
  /// `on_terminal`: one line that is written over, a few times a second; otherwise a line per tenth
  /// of the bytes.
  TransferProgress(std::string what, bool on_terminal)
      : what_(std::move(what)), on_terminal_(on_terminal) {}

  /// What is to be printed now; "" if nothing. `elapsed`: since the transfer began.
  std::string Update(std::uint64_t done, std::uint64_t total, Millis elapsed);

 private:
  const std::string what_;
  const bool on_terminal_;
  Millis shown_{-1};
  std::uint64_t tenths_ = 0;
  bool ended_ = false;
};

/// "512 B", "3.4 MB", "1.2 GB"; powers of 1000.
std::string SizeText(std::uint64_t bytes);

}  // namespace consilium
