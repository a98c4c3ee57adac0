#include "tests/support/process.h"

#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <spawn.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace consilium {

Process::Process(std::vector<std::string> arguments, std::string log) : log_(std::move(log)) {
  std::vector<char*> pointers;
  pointers.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  const std::string out = log_ + ".out";
  const std::string err = log_ + ".err";
  constexpr int kWrite = O_WRONLY | O_CREAT | O_TRUNC;
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out.c_str(), kWrite, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err.c_str(), kWrite, 0600);
  if (posix_spawnp(&pid_, pointers[0], &actions, nullptr, pointers.data(), environ) != 0) {
    pid_ = -1;
    ended_ = 127;
  }
  posix_spawn_file_actions_destroy(&actions);
}

Process::~Process() { Kill(); }

Process::Process(Process&& other) noexcept
    : log_(std::move(other.log_)),
      pid_(std::exchange(other.pid_, -1)),
      ended_(std::exchange(other.ended_, 0)) {}

Process& Process::operator=(Process&& other) noexcept {
  Kill();
  log_ = std::move(other.log_);
  pid_ = std::exchange(other.pid_, -1);
  ended_ = std::exchange(other.ended_, 0);
  return *this;
}

std::optional<int> Process::Wait(Millis limit) {
  const auto has_ended = [this] {
    if (ended_) return true;
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) != pid_) return false;
    ended_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    return true;
  };
  Eventually(has_ended, limit);
  return ended_;
}

void Process::Signal(int signal) const {
  if (!ended_) kill(pid_, signal);
}

void Process::Kill() {
  if (ended_) return;
  kill(pid_, SIGKILL);
  int status = 0;
  waitpid(pid_, &status, 0);
  ended_ = -SIGKILL;
}

std::string Process::Output() const { return FileText(log_ + ".out"); }
std::string Process::Errors() const { return FileText(log_ + ".err"); }

std::string FileText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

bool Eventually(const std::function<bool()>& condition, Millis limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(Millis(5));
  }
  return true;
}

}  // namespace consilium
