/// How fast each update codec is, and how many bytes it sends, for a state shaped as ResNet-50's.
///
///   build/release/bench/codec_bench [--repeats 5] [--json]
///
/// Rates are bytes of the 32-bit state per second, one thread, in memory; decoding walks the state in
/// the chunks of the aggregator. Beside them, in the same run: memcpy, and zstd alone on the state.
/// Weights and their changes are random with the sizes of a trained network's and its round's: what
/// zstd saves on them is what it would save there, or less.
#include "common/codec/update_codec.h"
#include "common/codec/zstd_block.h"
#include "tests/support/random_state.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdio>
#include <iostream>

namespace consilium {
namespace {

constexpr std::size_t kChunk = std::size_t{1} << 20;
constexpr std::size_t kZstdBlock = 65'536;

struct Options {
  int repeats = 5;
  int shrink = 1;
  bool json = false;
};

struct Row {
  std::string name;
  double encode_gb_per_s = 0;
  double decode_gb_per_s = 0;
  std::uint64_t bytes = 0;
};

/// torchvision's resnet50 with 3 outputs; `shrink` divides all widths.
class ResNet50Layout {
 public:
  explicit ResNet50Layout(int shrink) : shrink_(shrink) {
    Convolution("conv1", 64, 3, 7);
    int in = 64;
    for (int stage = 0; stage < 4; ++stage) {
      const int width = 64 << stage;
      for (int block = 0; block < kBlocks[stage]; ++block) {
        const std::string at = "layer" + std::to_string(stage + 1) + "." + std::to_string(block);
        Convolution(at + ".conv1", width, in, 1);
        Convolution(at + ".conv2", width, width, 3);
        Convolution(at + ".conv3", 4 * width, width, 1);
        if (block == 0) Convolution(at + ".downsample.0", 4 * width, in, 1);
        in = 4 * width;
      }
    }
    Add("fc.weight", {3, 2048 / shrink_});
    Add("fc.bias", {3});
  }
  std::shared_ptr<const Layout> Make() const { return Layout::Make(entries_).value(); }

 private:
  static constexpr int kBlocks[] = {3, 4, 6, 3};

  void Add(const std::string& name, std::vector<std::int64_t> shape) {
    entries_.push_back({"backbone." + name, ElementType::kFloat32, std::move(shape)});
  }
  void Convolution(const std::string& name, int out, int in, int kernel) {
    const int outputs = out / shrink_;
    Add(name + ".weight", {outputs, in == 3 ? 3 : in / shrink_, kernel, kernel});
    for (const char* part : {".bn.weight", ".bn.bias", ".bn.running_mean", ".bn.running_var"}) {
      Add(name + part, {outputs});
    }
    entries_.push_back({"backbone." + name + ".bn.num_batches_tracked", ElementType::kInt64, {}});
  }

  int shrink_;
  std::vector<EntrySpec> entries_;
};

/// Bytes per second in GB, the median of several tries.
template <typename Work>
double Rate(const Options& options, std::size_t bytes, const Work& work) {
  std::vector<double> seconds;
  for (int i = 0; i < options.repeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    work();
    seconds.push_back(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::ranges::sort(seconds);
  return static_cast<double>(bytes) / seconds[seconds.size() / 2] / 1e9;
}

void Require(const Status& status) {
  if (status.ok()) return;
  std::cerr << status << '\n';
  std::exit(ExitCode(status));
}

Row MeasureMemcpy(const Options& options, const Bytes& state) {
  Bytes copy(state.size());
  const auto run = [&] { std::memcpy(copy.data(), state.data(), state.size()); };
  run();
  const double rate = Rate(options, state.size(), run);
  return {"memcpy", rate, rate, state.size()};
}

Row MeasureZstd(const Options& options, const Bytes& state) {
  std::vector<Bytes> blocks;
  ZstdPacker packer;
  const double packed = Rate(options, state.size(), [&] {
    blocks.clear();
    for (std::size_t at = 0; at < state.size(); at += kZstdBlock) {
      packer.Append(ByteView(state).subspan(at, std::min(kZstdBlock, state.size() - at)),
                    blocks.emplace_back());
    }
  });
  Bytes block(kZstdBlock);
  ZstdUnpacker unpacker;
  const double unpacked = Rate(options, state.size(), [&] {
    std::size_t left = state.size();
    for (const Bytes& frame : blocks) {
      Require(unpacker.Unpack(frame, std::span(block).first(std::min(kZstdBlock, left))));
      left -= std::min(kZstdBlock, left);
    }
  });
  std::uint64_t size = 0;
  for (const Bytes& frame : blocks) size += frame.size();
  return {"zstd alone", packed, unpacked, size};
}

Row MeasureCodec(const Options& options, const std::string& name, const ParameterBlob& base,
                 const ParameterBlob& state) {
  const auto codec = MakeCodec(name, state.layout).value();
  EncodedUpdate update;
  Row row{name, 0, 0, 0};
  row.encode_gb_per_s = Rate(options, state.bytes.size(), [&] {
    auto encoded = codec->Encode(state, base.bytes, update.residual);
    Require(encoded.status());
    update = std::move(encoded).value();
  });
  const EncodedReader bytes = ReaderOf(update.bytes);
  const EncodedReader model = ReaderOf(base.bytes);
  Bytes chunk(kChunk);
  row.decode_gb_per_s = Rate(options, state.bytes.size(), [&] {
    for (std::size_t at = 0; at < state.bytes.size(); at += kChunk) {
      const std::size_t size = std::min(kChunk, state.bytes.size() - at);
      Require(codec->DecodeRange(bytes, model, at, std::span(chunk).first(size)));
    }
  });
  row.bytes = update.bytes.size();
  return row;
}

std::vector<Row> MeasureAll(const Options& options) {
  const ParameterBlob base = RandomState(ResNet50Layout(options.shrink).Make(), 1, 0.05);
  const ParameterBlob state = Moved(base, 2, 1e-3F);
  std::vector<Row> rows{MeasureMemcpy(options, state.bytes), MeasureZstd(options, state.bytes)};
  for (const char* values : {"fp32", "bf16", "int8", "top-1%"}) {
    for (const char* rest : {"", "+difference", "+zstd", "+difference+zstd"}) {
      rows.push_back(MeasureCodec(options, std::string(values).append(rest), base, state));
    }
  }
  return rows;
}

void Print(const std::vector<Row>& rows, bool json) {
  const auto state = static_cast<double>(rows.front().bytes);
  if (json) {
    auto list = nlohmann::ordered_json::array();
    for (const Row& row : rows) {
      list.push_back({{"codec", row.name},
                      {"encode_gb_per_s", row.encode_gb_per_s},
                      {"decode_gb_per_s", row.decode_gb_per_s},
                      {"bytes", row.bytes},
                      {"share_of_state", static_cast<double>(row.bytes) / state}});
    }
    std::cout << list.dump(1) << '\n';
    return;
  }
  std::printf("%-24s %12s %12s %14s %8s\n", "codec", "encode GB/s", "decode GB/s", "bytes",
              "share");
  for (const Row& row : rows) {
    std::printf("%-24s %12.2f %12.2f %14llu %7.1f%%\n", row.name.c_str(), row.encode_gb_per_s,
                row.decode_gb_per_s, static_cast<unsigned long long>(row.bytes),
                100 * static_cast<double>(row.bytes) / state);
  }
}

}  // namespace
}  // namespace consilium

int main(int argc, char** argv) {
  consilium::Options options;
  CLI::App app("Speed and size of update codecs");
  app.add_option("--repeats", options.repeats, "Of each measurement, of which the median counts")
      ->check(CLI::PositiveNumber);
  app.add_option("--shrink", options.shrink, "Divides the widths of ResNet-50")
      ->check(CLI::Range(1, 16));
  app.add_flag("--json", options.json, "For programs");
  CLI11_PARSE(app, argc, argv);
  consilium::Print(consilium::MeasureAll(options), options.json);
  return 0;
}
