/// The bytes of a round without the product: what TLS, digests, the disk and one reduction take.
#include "common/security/sha256.h"
#include "common/storage/file_io.h"
#include "common/storage/posix_file.h"
#include "tests/bench/round_bench_roles.h"

#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <atomic>
#include <barrier>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace consilium {
namespace {

constexpr std::size_t kPiece = std::size_t{1} << 20;
/// What each thread of the reduction reads of an update at a time.
constexpr std::size_t kBlock = std::size_t{1} << 17;

struct FreeTls {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* stream) const { SSL_free(stream); }
};
using ContextHandle = std::unique_ptr<SSL_CTX, FreeTls>;

Result<ContextHandle> MakeContext(const RoundBenchSetup& setup, const std::string& name) {
  ContextHandle context(SSL_CTX_new(TLS_method()));
  const std::string own = setup.folder + "/ca/" + name;
  const std::string ca = setup.folder + "/ca/ca.crt";
  SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
  const bool loaded =
      SSL_CTX_use_certificate_file(context.get(), (own + ".crt").c_str(), SSL_FILETYPE_PEM) == 1 &&
      SSL_CTX_use_PrivateKey_file(context.get(), (own + ".key").c_str(), SSL_FILETYPE_PEM) == 1 &&
      SSL_CTX_load_verify_locations(context.get(), ca.c_str(), nullptr) == 1;
  if (!loaded) return InvalidArgument(own + ": no usable certificate");
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return context;
}

/// A TLS stream over a socket that it owns.
class Stream {
 public:
  Stream(SSL_CTX* context, int socket) : stream_(SSL_new(context)), socket_(socket) {
    SSL_set_fd(stream_.get(), socket);
  }
  ~Stream() { close(socket_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  Status Accept() { return Done(SSL_accept(stream_.get()), "accept"); }
  Status Connect() { return Done(SSL_connect(stream_.get()), "connect"); }
  Status Write(ByteView bytes) {
    return Done(SSL_write(stream_.get(), bytes.data(), static_cast<int>(bytes.size())), "write");
  }
  /// Fills all of `into`.
  Status Read(std::span<std::byte> into) {
    while (!into.empty()) {
      const int got = SSL_read(stream_.get(), into.data(), static_cast<int>(into.size()));
      CONSILIUM_RETURN_IF_ERROR(Done(got, "read"));
      into = into.subspan(static_cast<std::size_t>(got));
    }
    return OkStatus();
  }

 private:
  static Status Done(int result, const char* what) {
    return result > 0 ? OkStatus() : Unavailable(std::string("stream: cannot ").append(what));
  }
  std::unique_ptr<SSL, FreeTls> stream_;
  int socket_;
};

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

/// Calls visit(offset, part of `buffer`) for `size` bytes.
template <typename Visit>
Status InPieces(std::uint64_t size, Bytes& buffer, const Visit& visit) {
  for (std::uint64_t at = 0; at < size; at += buffer.size()) {
    const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), size - at));
    CONSILIUM_RETURN_IF_ERROR(visit(at, std::span(buffer).first(part)));
  }
  return OkStatus();
}

class StreamServer {
 public:
  StreamServer(const RoundBenchSetup& setup, std::uint64_t model_size, std::uint64_t sent_size,
               std::uint64_t update_size)
      : setup_(setup),
        model_size_(model_size),
        sent_size_(sent_size),
        update_size_(update_size),
        together_(setup.sites + 1) {}

  Result<RoundFigures> Run() {
    CONSILIUM_ASSIGN_OR_RETURN(const ContextHandle context, MakeContext(setup_, "aggregator"));
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = Loopback(0);
    socklen_t length = sizeof(address);
    if (bind(listener, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
        listen(listener, setup_.sites) != 0 ||
        getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
      return Internal("no port to listen on");
    }
    CONSILIUM_RETURN_IF_ERROR(WriteFileAtomically(
        setup_.folder + "/streams.port", AsBytes(std::to_string(ntohs(address.sin_port)))));
    std::vector<std::thread> threads;
    threads.reserve(static_cast<std::size_t>(setup_.sites));
    for (int i = 0; i < setup_.sites; ++i) {
      const int socket = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      threads.emplace_back([this, &context, socket, i] {
        Stream stream(context.get(), socket);
        if (!stream.Accept().ok()) failed_ = true;
        for (int round = 0; round <= setup_.rounds; ++round) {
          together_.arrive_and_wait();
          if (!failed_ && !Exchange(stream, i).ok()) failed_ = true;
          together_.arrive_and_wait();
        }
      });
    }
    RoundFigures figures;
    const Status status = CountRounds(figures);
    for (std::thread& thread : threads) thread.join();
    close(listener);
    CONSILIUM_RETURN_IF_ERROR(status);
    return figures;
  }

 private:
  std::string UpdateFile(int site) const {
    return setup_.folder + "/stream-" + std::to_string(site);
  }

  Status CountRounds(RoundFigures& figures) {
    Status status;
    for (int round = 0; round <= setup_.rounds; ++round) {
      const double start = CostsSoFar().seconds_of_clock;
      together_.arrive_and_wait();
      together_.arrive_and_wait();
      if (status.ok() && !failed_) status = ReduceAll();
      if (round > 0) figures.seconds.push_back(CostsSoFar().seconds_of_clock - start);
    }
    if (failed_) return Internal("a stream or its file failed");
    return status;
  }

  /// The model to the site, its update into a synced file.
  Status Exchange(Stream& stream, int site) const {
    Bytes buffer(kPiece);
    CONSILIUM_ASSIGN_OR_RETURN(const PosixFile model,
                               PosixFile::OpenForReading(setup_.folder + "/stream-model"));
    const Status sent =
        InPieces(sent_size_, buffer, [&](std::uint64_t at, std::span<std::byte> part) -> Status {
          CONSILIUM_RETURN_IF_ERROR(model.ReadAt(at, part));
          return stream.Write(part);
        });
    CONSILIUM_RETURN_IF_ERROR(sent);
    const std::unique_ptr<Hasher> hasher = Sha256()();
    CONSILIUM_RETURN_IF_ERROR(RemoveFile(UpdateFile(site)));
    CONSILIUM_ASSIGN_OR_RETURN(PosixFile update, PosixFile::OpenForWriting(UpdateFile(site)));
    const Status received =
        InPieces(update_size_, buffer, [&](std::uint64_t at, std::span<std::byte> part) -> Status {
          CONSILIUM_RETURN_IF_ERROR(stream.Read(part));
          hasher->Update(part);
          return update.WriteAt(at, part);
        });
    CONSILIUM_RETURN_IF_ERROR(received);
    static_cast<void>(hasher->Finish());
    return update.Sync();
  }

  /// The mean of all updates becomes the model, digested and synced.
  Status ReduceAll() const {
    const std::string path = setup_.folder + "/stream-next";
    CONSILIUM_RETURN_IF_ERROR(RemoveFile(path));
    CONSILIUM_ASSIGN_OR_RETURN(PosixFile next, PosixFile::OpenForWriting(path));
    const auto cores = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    std::atomic<std::uint64_t> taken = 0;
    std::atomic<bool> failed = false;
    std::vector<std::thread> threads;
    threads.reserve(static_cast<std::size_t>(cores));
    for (int i = 0; i < cores; ++i) {
      threads.emplace_back([&] {
        if (!ReduceBlocks(taken, next).ok()) failed = true;
      });
    }
    for (std::thread& thread : threads) thread.join();
    if (failed) return Internal("the reduction of the streams failed");
    CONSILIUM_RETURN_IF_ERROR(DigestFile(path));
    CONSILIUM_RETURN_IF_ERROR(next.Sync());
    return RenameDurably(path, setup_.folder + "/stream-model");
  }

  Status ReduceBlocks(std::atomic<std::uint64_t>& taken, PosixFile& next) const {
    const std::uint64_t width = update_size_ * 2 <= model_size_ + kBlock ? 2 : sizeof(float);
    const std::uint64_t values = kBlock / width;
    std::vector<PosixFile> updates;
    updates.reserve(static_cast<std::size_t>(setup_.sites));
    for (int i = 0; i < setup_.sites; ++i) {
      CONSILIUM_ASSIGN_OR_RETURN(PosixFile update, PosixFile::OpenForReading(UpdateFile(i)));
      updates.push_back(std::move(update));
    }
    Bytes block(kBlock);
    std::vector<double> sums(values);
    std::vector<float> means(values);
    for (std::uint64_t first = taken++ * values; first * width < update_size_;
         first = taken++ * values) {
      const std::uint64_t count = std::min(values, update_size_ / width - first);
      std::ranges::fill(sums, 0.0);
      for (const PosixFile& update : updates) {
        const std::span<std::byte> part = std::span(block).first(count * width);
        CONSILIUM_RETURN_IF_ERROR(update.ReadAt(first * width, part));
        AddValues(part, width, sums);
      }
      for (std::size_t i = 0; i < count; ++i) {
        means[i] = static_cast<float>(sums[i] / static_cast<double>(updates.size()));
      }
      if (first * sizeof(float) >= model_size_) return OkStatus();
      const auto bytes = std::as_bytes(std::span(means).first(count));
      CONSILIUM_RETURN_IF_ERROR(next.WriteAt(
          first * sizeof(float),
          bytes.first(std::min<std::uint64_t>(bytes.size(), model_size_ - first * sizeof(float)))));
    }
    return next.Truncate(model_size_);
  }

  static void AddValues(ByteView part, std::uint64_t width, std::vector<double>& sums) {
    if (width == sizeof(float)) {
      for (std::size_t i = 0; i < part.size() / sizeof(float); ++i) {
        float value = 0;
        std::memcpy(&value, part.data() + i * sizeof(float), sizeof(float));
        sums[i] += static_cast<double>(value);
      }
      return;
    }
    for (std::size_t i = 0; i < part.size() / 2; ++i) {
      std::uint16_t upper = 0;
      std::memcpy(&upper, part.data() + i * 2, 2);
      sums[i] += static_cast<double>(std::bit_cast<float>(std::uint32_t{upper} << 16));
    }
  }

  Status DigestFile(const std::string& path) const {
    CONSILIUM_ASSIGN_OR_RETURN(const PosixFile file, PosixFile::OpenForReading(path));
    const std::unique_ptr<Hasher> hasher = Sha256()();
    Bytes buffer(kPiece);
    const Status digested =
        InPieces(model_size_, buffer, [&](std::uint64_t at, std::span<std::byte> part) -> Status {
          CONSILIUM_RETURN_IF_ERROR(file.ReadAt(at, part));
          hasher->Update(part);
          return OkStatus();
        });
    CONSILIUM_RETURN_IF_ERROR(digested);
    static_cast<void>(hasher->Finish());
    return OkStatus();
  }

  const RoundBenchSetup& setup_;
  const std::uint64_t model_size_;
  const std::uint64_t sent_size_;  // of the model, to each site: a rounded one is smaller
  const std::uint64_t update_size_;
  std::barrier<> together_;
  std::atomic<bool> failed_ = false;
};

}  // namespace

Result<RoundFigures> ServeStreams(const RoundBenchSetup& setup) {
  CONSILIUM_ASSIGN_OR_RETURN(TensorFile initial, InitialOf(setup));
  CONSILIUM_ASSIGN_OR_RETURN(const Bytes update, UpdateOf(setup, initial, 0));
  CONSILIUM_RETURN_IF_ERROR(
      WriteFileAtomically(setup.folder + "/stream-model", initial.blob.bytes));
  CONSILIUM_ASSIGN_OR_RETURN(const std::uint64_t sent_size, SentSizeOf(setup, initial));
  return StreamServer(setup, initial.blob.bytes.size(), sent_size, update.size()).Run();
}

Status TakePartInStreams(const RoundBenchSetup& setup, int site) {
  CONSILIUM_ASSIGN_OR_RETURN(const TensorFile initial, InitialOf(setup));
  CONSILIUM_ASSIGN_OR_RETURN(const Bytes update, UpdateOf(setup, initial, site));
  CONSILIUM_ASSIGN_OR_RETURN(const int port, AwaitPort(setup.folder + "/streams.port"));
  CONSILIUM_ASSIGN_OR_RETURN(const ContextHandle context, MakeContext(setup, SiteName(site)));
  const int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(port);
  if (connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    close(connection);
    return Unavailable("nobody listens for streams");
  }
  Stream stream(context.get(), connection);
  CONSILIUM_RETURN_IF_ERROR(stream.Connect());
  CONSILIUM_ASSIGN_OR_RETURN(const std::uint64_t sent_size, SentSizeOf(setup, initial));
  Bytes model(static_cast<std::size_t>(sent_size));
  for (int round = 0; round <= setup.rounds; ++round) {
    CONSILIUM_RETURN_IF_ERROR(stream.Read(model));
    static_cast<void>(Digest(Sha256(), model));
    for (std::size_t at = 0; at < update.size(); at += kPiece) {
      CONSILIUM_RETURN_IF_ERROR(
          stream.Write(ByteView(update).subspan(at, std::min(kPiece, update.size() - at))));
    }
  }
  return OkStatus();
}

}  // namespace consilium
