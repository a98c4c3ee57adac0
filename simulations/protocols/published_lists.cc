#include "simulations/protocols/published_lists.h"

#include "common/storage/file_io.h"
#include "simulations/protocols/loco.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <numeric>

namespace consilium {
namespace {

constexpr std::uint64_t kMaxFile = 16 << 20;
constexpr std::size_t kZones = 6;
constexpr std::size_t kPrognosisFields = 3;  // img label center
constexpr std::size_t kSeverityFields = 4;   // img label_dim scores center
constexpr std::array<std::string_view, 3> kGroupOfFold = {"SIEMENS", "AGFA", "CARESTREAM"};

/// Those that the published code means to drop; it does drop the first kDroppedAsPublished.
constexpr std::array<std::string_view, 9> kToDrop = {"P_3_391", "P_3_377", "P_3_20",
                                                     "P_3_108", "P_1_16",  "P_3_341",
                                                     "P_3_411", "P_3_208", "1773596264454332092"};
constexpr std::size_t kDroppedAsPublished = 6;

std::vector<std::string_view> Fields(std::string_view text, char separator) {
  std::vector<std::string_view> fields;
  while (true) {
    const std::size_t end = text.find(separator);
    fields.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return fields;
    text.remove_prefix(end + 1);
  }
}

bool IsAboveInt64(std::string_view id) {
  std::int64_t value = 0;
  return std::from_chars(id.data(), id.data() + id.size(), value).ec ==
         std::errc::result_out_of_range;
}

class Reader {
 public:
  Reader(std::string folder, ListMode mode) : folder_(std::move(folder)) { lists_.mode = mode; }

  Result<PublishedLists> Read(ListScheme scheme) {
    const bool loco = scheme == ListScheme::kLeaveOneCenterOut;
    const std::string name = loco ? "loCo" : "5";
    CONSILIUM_ASSIGN_OR_RETURN(const auto prognosis_all, ReadFileOf("AFC/all.txt", true));
    CONSILIUM_ASSIGN_OR_RETURN(const auto severity_all, ReadFileOf("BX/all.txt", false));
    lists_.prognosis_ids = {prognosis_all.begin(), prognosis_all.end()};
    lists_.severity_ids = {severity_all.begin(), severity_all.end()};
    CONSILIUM_ASSIGN_OR_RETURN(lists_.prognosis, ReadFolds("AFC/" + name, loco ? 6 : 5, true));
    CONSILIUM_ASSIGN_OR_RETURN(lists_.severity, ReadFolds("BX/" + name, loco ? 3 : 5, false));
    FindFaults(loco);
    return std::move(lists_);
  }

 private:
  Result<std::vector<ListedFold>> ReadFolds(const std::string& path, int count, bool prognosis) {
    std::vector<ListedFold> folds(static_cast<std::size_t>(count));
    for (int k = 0; k < count; ++k) {
      std::string start = path;
      start.append("/").append(std::to_string(k)).append("/");
      ListedFold& fold = folds[static_cast<std::size_t>(k)];
      CONSILIUM_ASSIGN_OR_RETURN(fold.train, ReadFileOf(start + "train.txt", prognosis));
      CONSILIUM_ASSIGN_OR_RETURN(fold.validation, ReadFileOf(start + "val.txt", prognosis));
      CONSILIUM_ASSIGN_OR_RETURN(fold.test, ReadFileOf(start + "test.txt", prognosis));
    }
    return folds;
  }

  /// The ids of a file; what else its lines say goes into lists_.
  Result<std::vector<std::string>> ReadFileOf(const std::string& name, bool prognosis) {
    const std::string path = folder_ + "/" + name;
    const Result<Bytes> file = ReadFile(path, kMaxFile);
    // Wrong input, not a fault of the disk.
    if (!file.ok()) return InvalidArgument("folds: " + file.status().message());
    std::vector<std::string_view> lines = Fields(AsText(*file), '\n');
    if (lines.back().empty()) lines.pop_back();
    if (lines.empty() || !lines[0].starts_with("img label")) {
      return InvalidArgument(path + ":1: header: expected one that begins with 'img label'");
    }
    if (lines[0].back() == ' ') ++trailing_blanks_;
    std::vector<std::string> ids;
    ids.reserve(lines.size());
    const bool centers = !name.ends_with("all.txt");
    for (std::size_t n = 1; n < lines.size(); ++n) {
      Result<std::string> id = Take(Fields(lines[n], ' '), prognosis, centers);
      if (!id.ok()) {
        std::string where = path;
        return id.status().WithContext(where.append(":").append(std::to_string(n + 1)));
      }
      ids.push_back(std::move(*id));
    }
    return ids;
  }

  Result<std::string> Take(const std::vector<std::string_view>& fields, bool prognosis,
                           bool centers) {
    const std::size_t whole = prognosis ? kPrognosisFields : kSeverityFields;
    // The last field, the center, is missing in all.txt.
    const std::size_t expected = centers ? whole : whole - 1;
    if (fields.size() != expected) {
      return InvalidArgument("line: has " + std::to_string(fields.size()) + " fields, expected " +
                             std::to_string(expected));
    }
    std::string id(fields[0]);
    if (id.empty()) return InvalidArgument("img: is empty, expected an id");
    empty_fields_ += std::count(fields.begin(), fields.end(), std::string_view());
    if (centers) lists_.center[id] = fields.back();
    if (!prognosis) CONSILIUM_RETURN_IF_ERROR(TakeScores(id, fields[2]));
    return id;
  }

  Status TakeScores(const std::string& id, std::string_view text) {
    const bool brackets = text.size() > 2 && text.front() == '[' && text.back() == ']';
    const std::string_view digits = brackets ? text.substr(1, text.size() - 2) : "";
    const bool good = !digits.empty() && digits.size() <= kZones &&
                      digits.find_first_not_of("0123") == std::string_view::npos;
    if (!good) {
      return InvalidArgument("scores: '" + std::string(text.substr(0, 40)) +
                             "', expected up to six digits 0-3 in brackets");
    }
    lists_.scores[id] = digits;
    return OkStatus();
  }

  bool corrected() const { return lists_.mode == ListMode::kCorrected; }
  void Note(std::string name, std::int64_t count, std::string text) {
    if (count > 0) lists_.faults.push_back({std::move(name), count, std::move(text)});
  }

  void FindFaults(bool loco) {
    FindLostZeros();
    Note("empty-fields", empty_fields_, "fields are empty: two blanks in a row");
    Note("trailing-blank", trailing_blanks_, "headers end in a blank");
    FindIds();
    Note("left-out-ids", CountLeftOut(),
         corrected() ? "ids (times folds) are in no list of their fold: put into its training"
                     : "ids (times folds) are in no list of their fold: left out");
    if (loco) {
      Note("mixed-makers", CountMixed(),
           corrected() ? "images in severity test lists are not of the maker left out: tests "
                         "follow the center instead"
                       : "images in severity test lists are not of the maker left out: these folds "
                         "leave no center out");
    }
    FindDominance();
  }

  void FindLostZeros() {
    std::int64_t lost = 0;
    std::int64_t images = 0;
    std::int64_t values = 0;
    for (const auto& [id, digits] : lists_.scores) {
      if (digits.size() == kZones) continue;
      ++lost;
      const std::string right = SixZones(digits, ListMode::kCorrected);
      const std::string left = SixZones(digits, ListMode::kAsPublished);
      const int moved = std::inner_product(right.begin(), right.end(), left.begin(), 0,
                                           std::plus<>(), std::not_equal_to<>());
      values += moved;
      images += moved > 0 ? 1 : 0;
    }
    std::string text = "Brixia scores lost leading zeros: ";
    text.append(corrected() ? "padded on the left; filled from the left end, as published, " : "");
    text.append(std::to_string(values)).append(" zone values in ").append(std::to_string(images));
    text.append(corrected() ? " images would be wrong" : " images are wrong, as published");
    Note("lost-zeros", lost, std::move(text));
  }

  void FindIds() {
    std::int64_t present = 0;
    for (std::size_t i = 0; i < kToDrop.size(); ++i) {
      const std::string id(kToDrop[i]);
      if (!lists_.prognosis_ids.contains(id) && !lists_.severity_ids.contains(id)) continue;
      ++present;
      if (corrected() || i < kDroppedAsPublished) lists_.dropped.insert(id);
    }
    Note("ids-to-drop", present,
         "ids in the lists are meant to be dropped: " + std::to_string(lists_.dropped.size()) +
             " are");
    Note("long-ids",
         std::count_if(lists_.severity_ids.begin(), lists_.severity_ids.end(),
                       [](const std::string& id) { return IsAboveInt64(id); }),
         "ids are above 2^63: kept as text");
  }

  std::int64_t CountLeftOut() const {
    std::int64_t count = 0;
    const auto in = [&](const std::vector<ListedFold>& folds, const std::set<std::string>& all) {
      for (const ListedFold& fold : folds) {
        std::set<std::string> named(fold.train.begin(), fold.train.end());
        named.insert(fold.validation.begin(), fold.validation.end());
        named.insert(fold.test.begin(), fold.test.end());
        count += std::count_if(all.begin(), all.end(),
                               [&](const std::string& id) { return !named.contains(id); });
      }
    };
    in(lists_.prognosis, lists_.prognosis_ids);
    in(lists_.severity, lists_.severity_ids);
    return count;
  }

  std::int64_t CountMixed() const {
    std::int64_t count = 0;
    for (std::size_t k = 0; k < lists_.severity.size(); ++k) {
      for (const std::string& id : lists_.severity[k].test) {
        count += SeverityGroup(lists_.center.at(id)) == kGroupOfFold[k] ? 0 : 1;
      }
    }
    return count;
  }

  void FindDominance() {
    std::map<std::string, std::int64_t> images;
    for (const std::string& id : lists_.prognosis_ids) {
      if (const auto found = lists_.center.find(id); found != lists_.center.end()) {
        ++images[found->second];
      }
    }
    for (const auto& [center, count] : images) {
      if (2 * count <= static_cast<std::int64_t>(lists_.prognosis_ids.size())) continue;
      std::string text = "of ";
      text.append(std::to_string(lists_.prognosis_ids.size())).append(" prognosis images are of ");
      text.append("center ").append(center).append(": left out, few remain to train on");
      Note("one-center-dominates", count, std::move(text));
    }
  }

  std::string folder_;
  PublishedLists lists_;
  std::int64_t empty_fields_ = 0;
  std::int64_t trailing_blanks_ = 0;
};

}  // namespace

std::string_view ToString(ListMode mode) {
  return mode == ListMode::kCorrected ? "corrected" : "as-published";
}

Result<ListMode> ParseListMode(std::string_view text) {
  for (const ListMode mode : {ListMode::kCorrected, ListMode::kAsPublished}) {
    if (text == ToString(mode)) return mode;
  }
  return InvalidArgument("folds-mode: '" + std::string(text) +
                         "' is unknown, expected corrected or as-published");
}

Result<PublishedLists> ReadPublishedLists(const std::string& folder, ListScheme scheme,
                                          ListMode mode) {
  return Reader(folder, mode).Read(scheme);
}

std::string SixZones(std::string_view written, ListMode mode) {
  const std::string zeros(kZones - std::min(kZones, written.size()), '0');
  std::string zones;
  return mode == ListMode::kCorrected ? zones.append(zeros).append(written)
                                      : zones.append(written).append(zeros);
}

std::string ListId(std::string_view image) {
  const std::size_t slash = image.find_last_of('/');
  if (slash != std::string_view::npos) image.remove_prefix(slash + 1);
  return std::string(image.substr(0, image.find_last_of('.')));
}

Dataset WithPublishedScores(const Dataset& dataset, const PublishedLists& lists) {
  Dataset changed = dataset;
  for (std::size_t j = 0; j < changed.tasks.size(); ++j) {
    const TaskSpec& task = changed.tasks[j];
    if (task.kind == TaskKind::kClasses || task.zones != static_cast<int>(kZones)) continue;
    for (Sample& sample : changed.samples) {
      const auto found = lists.scores.find(ListId(sample.image));
      if (found == lists.scores.end() || sample.labels[j].empty()) continue;
      const std::string digits = SixZones(found->second, ListMode::kAsPublished);
      std::ranges::transform(digits, sample.labels[j].begin(), [](char c) { return c - '0'; });
    }
  }
  return changed;
}

}  // namespace consilium
