/// Errors as values.
///
///   Status Save(const Path& p);                    Result<Model> Load(const Path& p);
///   CONSILIUM_RETURN_IF_ERROR(Save(p));            CONSILIUM_ASSIGN_OR_RETURN(Model m, Load(p));
///
/// A Status is a code and one line for a person: the thing at fault (file, line, field, site), what
/// was expected, what to do. Codes decide what a program does; the text is never parsed.
/// Threads: values, no shared state.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <utility>

namespace consilium {

enum class StatusCode {
  kOk,
  kInvalidArgument,     ///< what the user wrote is wrong: file, label, option. Exit code 2.
  kNotFound,            ///< a file, run, model or site that was named does not exist
  kAlreadyExists,       ///< a second, different thing under a name that is taken
  kFailedPrecondition,  ///< right request, wrong moment or wrong state (late update, refused run)
  kPermissionDenied,    ///< identity or policy forbids it
  kDataLoss,            ///< bytes that arrived or were stored do not match their digest or format
  kUnavailable,         ///< the other side cannot be reached now; trying again may help
  kDeadlineExceeded,    ///< nothing happened in the time allowed
  kCancelled,           ///< interrupted by the user or by shutdown. Exit code 130.
  kResourceExhausted,   ///< no space, no memory, over a stated bound
  kInternal,            ///< a bug here, or an exception of a library that nothing above explains
};

/// "invalid argument", "not found", ... for messages.
std::string_view ToString(StatusCode code);

class [[nodiscard]] Status {
 public:
  Status() = default;
  Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}

  bool ok() const { return code_ == StatusCode::kOk; }
  StatusCode code() const { return code_; }
  const std::string& message() const { return message_; }

  /// The same code, with `context` and ": " before the message; ok stays ok.
  Status WithContext(std::string_view context) const;

  friend bool operator==(const Status&, const Status&) = default;

 private:
  StatusCode code_ = StatusCode::kOk;
  std::string message_;
};

std::ostream& operator<<(std::ostream& out, const Status& status);

inline Status OkStatus() { return {}; }
inline Status InvalidArgument(std::string m) {
  return {StatusCode::kInvalidArgument, std::move(m)};
}
inline Status NotFound(std::string m) { return {StatusCode::kNotFound, std::move(m)}; }
inline Status AlreadyExists(std::string m) { return {StatusCode::kAlreadyExists, std::move(m)}; }
inline Status FailedPrecondition(std::string m) {
  return {StatusCode::kFailedPrecondition, std::move(m)};
}
inline Status PermissionDenied(std::string m) {
  return {StatusCode::kPermissionDenied, std::move(m)};
}
inline Status DataLoss(std::string m) { return {StatusCode::kDataLoss, std::move(m)}; }
inline Status Unavailable(std::string m) { return {StatusCode::kUnavailable, std::move(m)}; }
inline Status DeadlineExceeded(std::string m) {
  return {StatusCode::kDeadlineExceeded, std::move(m)};
}
inline Status Cancelled(std::string m) { return {StatusCode::kCancelled, std::move(m)}; }
inline Status ResourceExhausted(std::string m) {
  return {StatusCode::kResourceExhausted, std::move(m)};
}
inline Status Internal(std::string m) { return {StatusCode::kInternal, std::move(m)}; }

/// The exit code of every program: 0 done, 2 wrong input or usage, 130 interrupted, 1 anything
/// else.
int ExitCode(const Status& status);

}  // namespace consilium

#define CONSILIUM_RETURN_IF_ERROR(expression)                                            \
  do {                                                                                   \
    if (::consilium::Status consilium_status_ = (expression); !consilium_status_.ok()) { \
      return consilium_status_;                                                          \
    }                                                                                    \
  } while (false)
