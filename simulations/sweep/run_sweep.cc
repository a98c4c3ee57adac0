#include "simulations/sweep/run_sweep.h"

#include "simulations/progress/progress.h"
#include "simulations/sweep/job_process.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <thread>

namespace consilium {
namespace {

constexpr Millis kPoll{20};

struct Running {
  const SweepJob* job;
  JobLock lock;
  JobProcess process;
  std::chrono::steady_clock::time_point started;
};

double SecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

class SweepRunner {
 public:
  SweepRunner(const SweepFolder& folder, const SweepRun& run) : folder_(folder), run_(run) {}

  Result<SweepOutcome> Run() {
    for (const SweepJob& job : run_.jobs) {
      if (folder_.IsDone(job.id)) {
        ++outcome_.done_before;
        Learn(job);
      } else {
        open_.push_back(&job);
      }
    }
    Say(std::to_string(outcome_.done_before) + " of " + std::to_string(run_.jobs.size()) +
        " jobs are done");
    while ((!open_.empty() || !running_.empty()) && !run_.interrupt->Requested()) {
      CONSILIUM_RETURN_IF_ERROR(StartJobs());
      CONSILIUM_RETURN_IF_ERROR(FinishJobs());
      std::this_thread::sleep_for(kPoll);
    }
    if (run_.interrupt->Requested()) return Stop();
    return std::move(outcome_);
  }

 private:
  /// Fills the free places; a job that another process has goes to the end of the line.
  Status StartJobs() {
    for (std::size_t looked = open_.size();
         looked > 0 && running_.size() < static_cast<std::size_t>(run_.processes); --looked) {
      const SweepJob* job = open_.front();
      open_.pop_front();
      CONSILIUM_ASSIGN_OR_RETURN(std::optional<JobLock> lock, folder_.Lock(job->id));
      if (!lock) {
        open_.push_back(job);
      } else if (folder_.IsDone(job->id)) {
        ++outcome_.done_before;
        Learn(*job);
      } else {
        const bool resume = folder_.IsBegun(job->id);
        CONSILIUM_ASSIGN_OR_RETURN(
            JobProcess process,
            JobProcess::Start(JobCommand(run_.program, *job, folder_.StudyPath(job->id), resume),
                              folder_.LogPath(job->id)));
        running_.push_back(
            {job, *std::move(lock), std::move(process), std::chrono::steady_clock::now()});
      }
    }
    return OkStatus();
  }

  Status FinishJobs() {
    for (std::size_t r = 0; r < running_.size();) {
      Running& one = running_[r];
      const std::optional<JobProcess::Ended> ended = one.process.Poll();
      if (!ended) {
        ++r;
        continue;
      }
      CONSILIUM_RETURN_IF_ERROR(Finished(one, *ended));
      running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(r));
    }
    return OkStatus();
  }

  Status Finished(const Running& one, const JobProcess::Ended& ended) {
    const std::string& id = one.job->id;
    if (ended.exit_code == 0) {
      const JobCost cost{SecondsSince(one.started), ended.peak_memory_mib};
      CONSILIUM_RETURN_IF_ERROR(folder_.MarkDone(id, cost));
      ++outcome_.done_now;
      Learn(*one.job);
      SayDone(id, std::string("done in ").append(Duration(cost.seconds)));
      return OkStatus();
    }
    std::string fault = id;
    fault.append(": ended with ").append(std::to_string(ended.exit_code)).append(": ");
    fault.append(folder_.LastLine(id));
    SayDone(id, std::string("FAILED, see ").append(folder_.LogPath(id)));
    outcome_.failures.push_back(std::move(fault));
    return OkStatus();
  }

  Status Stop() {
    for (const Running& one : running_) one.process.Terminate();
    while (!running_.empty()) {
      std::this_thread::sleep_for(kPoll);
      // A job that ends in order at this moment counts; one that was stopped is no failure.
      std::erase_if(running_, [&](Running& one) {
        const std::optional<JobProcess::Ended> ended = one.process.Poll();
        if (ended && ended->exit_code == 0) {
          const Status ignored =
              folder_.MarkDone(one.job->id, {SecondsSince(one.started), ended->peak_memory_mib});
          outcome_.done_now += ignored.ok() ? 1 : 0;
        }
        return ended.has_value();
      });
    }
    return Cancelled("interrupted with " +
                     std::to_string(outcome_.done_before + outcome_.done_now) + " of " +
                     std::to_string(run_.jobs.size()) + " jobs done; the same command goes on");
  }

  static std::string BackboneOf(const SweepJob& job) {
    for (const auto& [name, value] : job.settings) {
      if (name == "backbone") return value;
    }
    return "";
  }

  /// What a finished job took stands for those of the same backbone that are left.
  void Learn(const SweepJob& job) {
    const std::optional<JobCost> cost = folder_.CostOf(job.id);
    if (!cost) return;
    for (const std::string& key : {BackboneOf(job), std::string()}) {
      costs_[key].first += cost->seconds;
      ++costs_[key].second;
      if (key.empty()) break;
    }
  }
  double Expected(const SweepJob& job) const {
    for (const std::string& key : {BackboneOf(job), std::string()}) {
      const auto found = costs_.find(key);
      if (found != costs_.end()) return found->second.first / found->second.second;
    }
    return 0;
  }
  double SecondsLeft() const {
    double seconds = 0;
    for (const SweepJob* job : open_) seconds += Expected(*job);
    for (const Running& one : running_) {
      seconds += std::max(0.0, Expected(*one.job) - SecondsSince(one.started));
    }
    return seconds / run_.processes;
  }

  static std::string Duration(double seconds) {
    return FormatDuration(Millis(static_cast<std::int64_t>(seconds * 1000)));
  }
  void SayDone(const std::string& id, const std::string& what) {
    const std::size_t ended = outcome_.done_before + outcome_.done_now + outcome_.failures.size();
    std::string line = "[";
    line.append(std::to_string(ended)).append("/").append(std::to_string(run_.jobs.size()));
    line.append("] ").append(id).append(": ").append(what);
    if (const double left = SecondsLeft(); left > 0)
      line.append(", ").append(Duration(left)).append(" left");
    Say(line);
  }
  void Say(const std::string& line) {
    if (run_.out != nullptr) *run_.out << line << std::endl;
  }

  const SweepFolder& folder_;
  const SweepRun& run_;
  std::deque<const SweepJob*> open_;
  std::vector<Running> running_;
  SweepOutcome outcome_;
  std::map<std::string, std::pair<double, int>> costs_;  // by backbone; "": of all
};

}  // namespace

std::vector<std::string> JobCommand(const std::string& program, const SweepJob& job,
                                    const std::string& study, bool resume) {
  std::vector<std::string> command = {program, "study"};
  command.reserve(job.settings.size() + 5);
  for (const auto& [name, value] : job.settings) {
    command.push_back(std::string("--").append(name).append("=").append(value));
  }
  command.push_back(std::string("--out=").append(study));
  command.emplace_back("--jobs=1");
  if (resume) command.emplace_back("--resume");
  return command;
}

Result<SweepOutcome> RunSweep(const SweepFolder& folder, const SweepRun& run) {
  return SweepRunner(folder, run).Run();
}

}  // namespace consilium
