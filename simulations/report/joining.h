/// Does joining help? Of each site, the model that it trained alone against the federated model
/// that it took part in, both on images that neither of them saw.
///
/// A pair is a left-out center: both sides' means over the seeds that both have there. Difference:
/// federated minus alone, in units of the metric, with the 95 % interval of the paired t-test over
/// those centers (simulations/statistics/paired_t_test.h). Undefined values are left out; a site
/// without a pair is not listed. Threads: pure.
#pragma once

#include "simulations/report/task_results.h"
#include "simulations/statistics/paired_t_test.h"

#include <span>
#include <string>
#include <vector>

namespace consilium {

enum class JoiningVerdict { kHelps, kHurts, kOpen };

struct Joining {
  std::string method;  ///< the federated one
  std::string backbone;
  std::string site;
  PairedTResult t;
  JoiningVerdict verdict = JoiningVerdict::kOpen;  ///< kOpen: the interval holds zero, or is none
};

/// Of one protocol, task and metric, by federated method, backbone and name of the site. A method
/// is federated if its rows have a strategy, and "local" trains alone.
std::vector<Joining> CompareJoining(std::span<const Row> rows, const TaskResults& results,
                                    const ShownMetric& metric);

}  // namespace consilium
