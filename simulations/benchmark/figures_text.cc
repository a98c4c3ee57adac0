#include "simulations/benchmark/figures_text.h"

#include "simulations/results/table.h"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>
#include <string_view>
#include <utility>
#include <vector>

namespace consilium {
namespace {

constexpr double kGiga = 1e9;

struct Part {
  std::string_view key;
  std::string_view words;
  double seconds;
};

/// Parts of a step in their order, which add up to it.
std::array<Part, 6> PartsOf(const TrainFigures& figures) {
  const StepTimes& times = figures.times;
  return {{{"waiting", "waiting for a batch", times.waiting},
           {"forward", "forward", times.forward},
           {"loss", "loss", times.loss},
           {"backward", "backward", times.backward},
           {"optimizer", "optimizer", times.optimizer},
           {"other", "everything else", figures.other}}};
}

template <typename... Values>
std::string Printed(const char* format, Values... values) {
  std::array<char, 256> text{};
  std::snprintf(text.data(), text.size(), format, values...);
  return text.data();
}

std::vector<std::string> TableRow(std::string_view words, double seconds, double step) {
  return {std::string(words), Printed("%.1f", 1000 * seconds),
          Printed("%.1f", 100 * seconds / step)};
}

}  // namespace

std::string FormatJson(const TrainFigures& figures) {
  const TrainBenchmarkOptions& options = figures.options;
  nlohmann::ordered_json seconds{{"data", figures.times.data}};
  nlohmann::ordered_json shares{{"data", figures.times.data / figures.seconds_per_step}};
  for (const Part& part : PartsOf(figures)) {
    seconds[std::string(part.key)] = part.seconds;
    shares[std::string(part.key)] = part.seconds / figures.seconds_per_step;
  }
  const nlohmann::ordered_json json{
      {"backbone", options.backbone},
      {"image_size", options.image_size},
      {"batch", options.batch},
      {"steps", options.steps},
      {"threads", options.compute.threads},
      {"device", DevicesText(options.compute)},
      {"precision", ToString(options.compute.precision)},
      {"checkpoint_activations", options.compute.checkpoint_activations},
      {"cuda_graphs", options.compute.cuda_graphs},
      {"augment", options.augment},
      {"images_per_second", figures.images_per_second},
      {"images_per_second_min", figures.images_per_second_min},
      {"images_per_second_max", figures.images_per_second_max},
      {"step_seconds", figures.seconds_per_step},
      {"gmac_per_image", figures.multiply_adds / kGiga},
      {"gflops", figures.flops / kGiga},
      {"gemm_peak_gflops", figures.matrix_flops / kGiga},
      {"gemm_share", figures.flops / figures.matrix_flops},
      {"peak_rss_mib", figures.peak_memory_mib},
      {"peak_rss_of_timed_steps", figures.peak_of_timed_steps},
      {"breakdown", seconds},
      {"breakdown_share", shares}};
  return json.dump();
}

std::string DrawFigures(const TrainFigures& figures) {
  const TrainBenchmarkOptions& options = figures.options;
  std::string text =
      Printed("%s, %d x %d pixels, batch %d, %s, %d %s, %s: %d steps after %d\n\n",
              options.backbone.c_str(), options.image_size, options.image_size, options.batch,
              std::string(ToString(options.compute.precision)).c_str(), options.compute.threads,
              options.compute.threads == 1 ? "thread" : "threads",
              DevicesText(options.compute).c_str(), options.steps, options.warm_up);
  text += Printed("images per second  %.2f (%.2f to %.2f)\n", figures.images_per_second,
                  figures.images_per_second_min, figures.images_per_second_max);
  text += Printed("computing          %.1f GFLOP/s, %.0f %% of matrix products (%.1f GFLOP/s)\n",
                  figures.flops / kGiga, 100 * figures.flops / figures.matrix_flops,
                  figures.matrix_flops / kGiga);
  text += Printed("peak memory        %.0f MiB%s\n\n", figures.peak_memory_mib,
                  figures.peak_of_timed_steps ? "" : " (of the whole process)");
  Table table;
  table.text_columns = 1;
  table.header = {"where a step's time goes", "ms", "%"};
  for (const Part& part : PartsOf(figures)) {
    table.rows.push_back(TableRow(part.words, part.seconds, figures.seconds_per_step));
  }
  table.rows.emplace_back();
  table.rows.push_back(TableRow("a step", figures.seconds_per_step, figures.seconds_per_step));
  table.rows.push_back(
      TableRow("beside it: assembling a batch", figures.times.data, figures.seconds_per_step));
  return text + DrawText(table);
}

}  // namespace consilium
