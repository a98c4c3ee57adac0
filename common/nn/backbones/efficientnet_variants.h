/// The members of the EfficientNet family as numbers.
///
/// Source: timm (0.6, models/efficientnet.py and, for the widths, the layers of its pruned B1).
#pragma once

#include "common/kernels/activation.h"
#include "common/nn/backbones/imagenet.h"

#include <array>
#include <cstdint>
#include <span>

namespace consilium::efficientnet {

/// The convolutions of a block, all but the last followed by an activation.
enum class BlockKind : std::uint8_t {
  kSeparable,  ///< one filter per channel, 1x1 to the end's width
  kInverted,   ///< 1x1 to a wider inside, one filter per channel, 1x1
  kEdge,       ///< a full convolution to a wider inside, 1x1
};

/// A run of equal blocks.
struct Stage {
  BlockKind kind;
  std::int64_t kernel;
  std::int64_t stride;     ///< of the first block
  std::int64_t expansion;  ///< width inside / width at the beginning
  std::int64_t width;      ///< at the end
  int blocks;
};

/// Widths inside one block.
struct InnerWidths {
  std::int64_t expanded;
  std::int64_t squeezed;  ///< of squeeze-and-excitation; 0: the block has none
};

/// What tells one member of the family from another.
struct EfficientNetVariant {
  std::span<const Stage> stages;
  Activation activation = Activation::kSilu;
  bool squeeze = true;                    ///< to a quarter of the width at the block's beginning
  std::span<const InnerWidths> pruned{};  ///< of every block, in place of the rules above
  /// TensorFlow's: the padding of a convolution with a stride depends on the image, and goes right
  /// and below first.
  bool pad_to_stride = false;
  double norm_epsilon = 1e-5;
  std::int64_t input_size = kImageNetInputSize;
  std::array<float, 3> mean = kImageNetMean;
  std::array<float, 3> standard_deviation = kImageNetStandardDeviation;

  /// Of the block after `block` others, which begins with `width` channels.
  constexpr InnerWidths Inner(std::size_t block, const Stage& stage, std::int64_t width) const {
    if (!pruned.empty()) return pruned[block];
    return {.expanded = width * stage.expansion, .squeezed = squeeze ? width / 4 : 0};
  }
};

using enum BlockKind;

inline constexpr std::array<Stage, 7> kB0Stages{{{kSeparable, 3, 1, 1, 16, 1},
                                                 {kInverted, 3, 2, 6, 24, 2},
                                                 {kInverted, 5, 2, 6, 40, 2},
                                                 {kInverted, 3, 2, 6, 80, 3},
                                                 {kInverted, 5, 1, 6, 112, 3},
                                                 {kInverted, 5, 2, 6, 192, 4},
                                                 {kInverted, 3, 1, 6, 320, 1}}};

/// The first expansion is 4 times the width at the end.
inline constexpr std::array<Stage, 6> kEdgeSmallStages{{{kEdge, 3, 1, 3, 24, 1},
                                                        {kEdge, 3, 2, 8, 32, 2},
                                                        {kEdge, 3, 2, 8, 48, 4},
                                                        {kInverted, 5, 2, 8, 96, 5},
                                                        {kInverted, 5, 1, 8, 144, 4},
                                                        {kInverted, 5, 2, 8, 192, 2}}};

inline constexpr std::array<Stage, 7> kPrunedB1Stages{{{kSeparable, 3, 1, 1, 16, 2},
                                                       {kInverted, 3, 2, 0, 12, 3},
                                                       {kInverted, 5, 2, 0, 35, 3},
                                                       {kInverted, 3, 2, 0, 74, 4},
                                                       {kInverted, 5, 1, 0, 67, 4},
                                                       {kInverted, 5, 2, 0, 192, 5},
                                                       {kInverted, 3, 1, 0, 320, 2}}};

/// A line per stage.
// clang-format off
inline constexpr std::array<InnerWidths, 23> kPrunedB1Widths{
    {{32, 8}, {16, 4},
     {48, 4}, {62, 6}, {48, 6},
     {70, 6}, {61, 10}, {51, 10},
     {175, 10}, {188, 20}, {137, 20}, {164, 20},
     {399, 20}, {201, 28}, {160, 28}, {213, 28},
     {637, 27}, {806, 48}, {798, 48}, {891, 48}, {990, 48},
     {1152, 48}, {1912, 80}}};
// clang-format on

inline constexpr EfficientNetVariant kLite0{
    .stages = kB0Stages, .activation = Activation::kRelu6, .squeeze = false};
inline constexpr EfficientNetVariant kB0{.stages = kB0Stages};
inline constexpr EfficientNetVariant kEdgeSmall{
    .stages = kEdgeSmallStages, .activation = Activation::kRelu, .squeeze = false};
inline constexpr EfficientNetVariant kPrunedB1{.stages = kPrunedB1Stages,
                                               .pruned = kPrunedB1Widths,
                                               .pad_to_stride = true,
                                               .norm_epsilon = 1e-3,
                                               .input_size = 240,
                                               .mean = {0.5F, 0.5F, 0.5F},
                                               .standard_deviation = {0.5F, 0.5F, 0.5F}};

}  // namespace consilium::efficientnet
