#include "common/wire/checks.h"

namespace consilium {
namespace {

Result<std::vector<std::int64_t>> DenseHistogram(const v1::Histogram& message) {
  CONSILIUM_RETURN_IF_ERROR(CheckRange(message.bins_size(), 0, kScoreBins, "histogram.bins"));
  if (message.counts_size() != message.bins_size()) {
    return InvalidArgument("histogram.counts: " + std::to_string(message.counts_size()) +
                           " values, expected one per bin");
  }
  std::vector<std::int64_t> dense(kScoreBins, 0);
  std::int64_t next_bin = 0;
  for (int i = 0; i < message.bins_size(); ++i) {
    CONSILIUM_RETURN_IF_ERROR(
        CheckRange(message.bins(i), next_bin, kScoreBins - 1, "histogram.bins"));
    CONSILIUM_RETURN_IF_ERROR(CheckRange(message.counts(i), 1, kMaxCount, "histogram.counts"));
    dense[message.bins(i)] = message.counts(i);
    next_bin = std::int64_t{message.bins(i)} + 1;
  }
  return dense;
}

Result<ClassCounts> ClassCountsFrom(const v1::ClassCounts& message) {
  CONSILIUM_RETURN_IF_ERROR(CheckRange(message.classes(), 2, kMaxClasses, "counts.classes"));
  ClassCounts counts;
  counts.classes = message.classes();
  const int cells = counts.classes * counts.classes;
  CONSILIUM_RETURN_IF_ERROR(CheckRange(message.confusion_size(), cells, cells, "counts.confusion"));
  for (const std::int64_t count : message.confusion()) {
    CONSILIUM_RETURN_IF_ERROR(CheckCount(count, "counts.confusion"));
    counts.confusion.push_back(count);
  }
  if (message.has_negative_scores() != message.has_positive_scores()) {
    return InvalidArgument("counts.positive_scores: expected both histograms or neither");
  }
  if (!message.has_negative_scores()) return counts;
  if (counts.classes != 2) {
    return InvalidArgument("counts.positive_scores: " + std::to_string(counts.classes) +
                           " classes, expected histograms of a binary task only");
  }
  CONSILIUM_ASSIGN_OR_RETURN(counts.negative_scores, DenseHistogram(message.negative_scores()));
  CONSILIUM_ASSIGN_OR_RETURN(counts.positive_scores, DenseHistogram(message.positive_scores()));
  return counts;
}

Result<ZoneCounts> ZoneCountsFrom(const v1::ZoneCounts& message) {
  CONSILIUM_RETURN_IF_ERROR(CheckCount(message.n(), "counts.zones.n"));
  CONSILIUM_RETURN_IF_ERROR(CheckRange(message.exact(), 0, message.n(), "counts.zones.exact"));
  ZoneCounts counts;
  counts.n = message.n();
  counts.exact = message.exact();
  counts.sum_abs = message.sum_abs();
  counts.sum_square = message.sum_square();
  counts.sum_p = message.sum_p();
  counts.sum_t = message.sum_t();
  counts.sum_pp = message.sum_pp();
  counts.sum_tt = message.sum_tt();
  counts.sum_pt = message.sum_pt();
  return counts;
}

}  // namespace

Result<TaskCounts> FromProto(const v1::TaskCounts& message) {
  CONSILIUM_RETURN_IF_ERROR(CheckText(message.task(), "counts.task"));
  CONSILIUM_RETURN_IF_ERROR(CheckCount(message.n(), "counts.n"));
  CONSILIUM_RETURN_IF_ERROR(
      CheckRange(message.classifications_size(), 0, kMaxTasks, "counts.classifications"));
  CONSILIUM_RETURN_IF_ERROR(CheckRange(message.zones_size(), 0, kMaxClasses, "counts.zones"));
  TaskCounts counts;
  counts.task = TaskId(message.task());
  counts.n = message.n();
  counts.loss_sum = message.loss_sum();
  for (const v1::ClassCounts& each : message.classifications()) {
    CONSILIUM_ASSIGN_OR_RETURN(ClassCounts made, ClassCountsFrom(each));
    counts.classifications.push_back(std::move(made));
  }
  for (const v1::ZoneCounts& each : message.zones()) {
    CONSILIUM_ASSIGN_OR_RETURN(const ZoneCounts made, ZoneCountsFrom(each));
    counts.zones.push_back(made);
  }
  return counts;
}

}  // namespace consilium
