#include "simulations/report/published.h"

#include <array>

namespace consilium {
namespace {

struct Published {
  std::string_view protocol, task, method, metric;
  double mean;
};

// `loco` over a cohort's centers is what the paper calls LOCO, and so are both of its variants.
constexpr std::array<Published, 4> kPublished = {
    {{"cv", "prognosis", "mdmt-central", "accuracy", 0.686},
     {"loco", "prognosis", "mdmt-central", "accuracy", 0.657},
     {"loco6", "prognosis", "mdmt-central", "accuracy", 0.657},
     {"loco18", "prognosis", "mdmt-central", "accuracy", 0.657}}};

}  // namespace

std::optional<double> PublishedMean(std::string_view protocol, std::string_view task,
                                    std::string_view method, std::string_view metric) {
  for (const Published& row : kPublished) {
    if (row.protocol == protocol && row.task == task && row.method == method &&
        row.metric == metric) {
      return row.mean;
    }
  }
  return std::nullopt;
}

std::string_view PublishedNote() {
  return "Paper: arXiv 2405.13771, multi-dataset multi-task training, mean over eighteen backbones "
         "with ImageNet weights on AIforCOVID and BRIXIA, up to 2.6 points above its baselines; "
         "on another cohort, with other weights or fewer backbones, it is an orientation and no "
         "target.";
}

}  // namespace consilium
