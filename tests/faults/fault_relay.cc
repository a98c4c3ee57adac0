#include "tests/faults/fault_relay.h"

#include <arpa/inet.h>
#include <array>
#include <chrono>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace consilium {
namespace {

constexpr int kLook = 20;  // milliseconds

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

std::int64_t SteadyMillis() {
  return std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

bool SendAll(int socket, const char* data, ssize_t size) {
  while (size > 0) {
    const ssize_t sent = send(socket, data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    data += sent;
    size -= sent;
  }
  return true;
}

}  // namespace

FaultRelay::FaultRelay(int target)
    : target_(target), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = Loopback(0);
  socklen_t length = sizeof(address);
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
      listen(listener_, SOMAXCONN) == 0 &&
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length) == 0) {
    port_ = ntohs(address.sin_port);
  }
  acceptor_ = std::thread([this] { Accept(); });
}

FaultRelay::~FaultRelay() {
  ending_ = true;
  Cut();
  acceptor_.join();
  Cut();
  for (Connection& connection : connections_) {
    connection.up.join();
    connection.down.join();
    close(connection.near);
    close(connection.far);
  }
  close(listener_);
}

void FaultRelay::Cut() {
  const std::lock_guard lock(mutex_);
  for (const Connection& connection : connections_) {
    shutdown(connection.near, SHUT_RDWR);
    shutdown(connection.far, SHUT_RDWR);
  }
}

void FaultRelay::Delay(Millis length) { delayed_until_ = SteadyMillis() + length.count(); }

void FaultRelay::Accept() {
  while (!ending_) {
    pollfd waiting{listener_, POLLIN, 0};
    if (poll(&waiting, 1, kLook) <= 0) continue;
    const int near = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (near < 0) continue;
    const int far = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = Loopback(target_);
    if (connect(far, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
      close(near);
      close(far);
      continue;
    }
    const std::lock_guard lock(mutex_);
    Connection& connection = connections_.emplace_back();
    connection.near = near;
    connection.far = far;
    connection.up = std::thread([this, near, far] { Pass(near, far, true); });
    connection.down = std::thread([this, near, far] { Pass(far, near, false); });
  }
}

void FaultRelay::Pass(int from, int to, bool upward) {
  std::array<char, 65'536> buffer{};
  for (;;) {
    const ssize_t size = recv(from, buffer.data(), buffer.size(), 0);
    while (SteadyMillis() < delayed_until_ && !ending_) {
      std::this_thread::sleep_for(Millis(kLook));
    }
    if (size > 0 && upward && corrupt_.exchange(false)) {
      char& changed = buffer[static_cast<std::size_t>(size) / 2];
      changed = static_cast<char>(changed ^ 1);
    }
    if (size <= 0 || !SendAll(to, buffer.data(), size)) break;
  }
  shutdown(from, SHUT_RDWR);
  shutdown(to, SHUT_RDWR);
}

}  // namespace consilium
