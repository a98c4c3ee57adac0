#include "simulations/sweep/job_process.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace consilium {
namespace {

constexpr int kCannotRun = 127;

/// Between fork and exec: system calls only.
[[noreturn]] void BecomeJob(char* const* arguments, const char* log_path, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(kCannotRun);  // it ended before the kernel was told
  // A group of its own: Ctrl-C reaches the parent alone, which then stops its jobs in order.
  setpgid(0, 0);
  const int input = open("/dev/null", O_RDONLY);
  const int log = open(log_path, O_WRONLY | O_CREAT | O_APPEND, 0644);
  if (input < 0 || log < 0) _exit(kCannotRun);
  dup2(input, STDIN_FILENO);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  execv(arguments[0], arguments);
  _exit(kCannotRun);
}

}  // namespace

Result<JobProcess> JobProcess::Start(const std::vector<std::string>& command,
                                     const std::string& log_path) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& argument : command) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid == 0) BecomeJob(arguments.data(), log_path.c_str(), parent);
  if (pid < 0) {
    return ResourceExhausted(command.front() +
                             ": no process: " + std::generic_category().message(errno));
  }
  return JobProcess(pid);
}

JobProcess::JobProcess(JobProcess&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}

JobProcess& JobProcess::operator=(JobProcess&& other) noexcept {
  std::swap(pid_, other.pid_);
  return *this;
}

JobProcess::~JobProcess() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

std::optional<JobProcess::Ended> JobProcess::Poll() {
  int status = 0;
  rusage usage{};
  if (pid_ <= 0 || wait4(pid_, &status, WNOHANG, &usage) != pid_) return std::nullopt;
  pid_ = -1;
  constexpr double kKibPerMib = 1024;
  return Ended{WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
               static_cast<double>(usage.ru_maxrss) / kKibPerMib};
}

void JobProcess::Terminate() const {
  if (pid_ > 0) kill(pid_, SIGTERM);
}

}  // namespace consilium
