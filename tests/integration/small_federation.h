/// A consortium of two sites on this machine, small enough for a test: real programs, real TLS,
/// random images.
#pragma once

#include "common/federation/run_plan.h"
#include "tests/support/process.h"
#include "tests/support/temp_folder.h"

#include <functional>
#include <set>
#include <string>
#include <vector>

namespace consilium {

class SmallFederation {
 public:
  static constexpr Millis kPatience{120'000};

  /// Writes the plan, the first model, the sites' tensor caches and all certificates.
  explicit SmallFederation(int rounds, Millis lease = Millis(60'000),
                           HeadsMode heads = HeadsMode::kLocal, int local_epochs = 1);

  /// Starts serving and waits for the port; the same port again after the first time. `name`: of
  /// the state folder and the result, so that one federation can be run several times.
  /// Without a run it serves those that operators start (certificate: carol), so many at once.
  Process StartAggregator(const std::string& name, bool with_run = true, int max_active_runs = 1);
  /// `certificate`: folder of another CA's, or "" for this one's. `through_port`: of a relay to the
  /// aggregator, or 0.
  Process StartSite(const std::string& site, const std::string& state,
                    const std::string& certificates = "", int retry_seconds = 60,
                    int through_port = 0);
  /// It takes part in so many runs at once, until it is stopped.
  Process StartWaitingSite(const std::string& site, const std::string& state, int max_runs = 1);
  /// The federation's plan with changes, for operators; the file.
  std::string WritePlan(const std::string& run, const std::function<void(RunPlan&)>& change);
  /// The site's images and labels as a cohort of 24 files, image0.png to image23.png, from which
  /// StartSite has it read from now on; the folder they are in.
  std::string GiveCohort(const std::string& site);
  /// A CA of its own with the same names.
  std::string MakeAnotherCa();

  int port() const { return port_; }
  std::string File(const std::string& name) const { return folder_.File(name); }
  std::string Certificate(const std::string& name) const { return folder_.File("ca/" + name); }
  /// model_sha256 of the result, or "" if there is none.
  std::string ResultDigest(const std::string& name) const;
  /// An undisturbed run of both sites; the digest of its result, or what went wrong.
  std::string RunUndisturbed(const std::string& name);

 private:
  void WriteInputs(const RunPlan& plan);
  Process SiteProcess(const std::string& site, const std::string& state,
                      const std::string& certificates, int port,
                      const std::vector<std::string>& more);

  TempFolder folder_;
  std::set<std::string> with_cohort_;  // sites
  int port_ = 0;
  int started_ = 0;
};

}  // namespace consilium
