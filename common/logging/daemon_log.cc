#include "common/logging/daemon_log.h"

#include <nlohmann/json.hpp>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <string>

namespace consilium {
namespace {

/// %* in a pattern: the message as a JSON string.
class JsonText final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm& /*time*/,
              spdlog::memory_buf_t& out) override {
    const nlohmann::json text(std::string(message.payload.data(), message.payload.size()));
    const std::string quoted = text.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    out.append(quoted.data(), quoted.data() + quoted.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<JsonText>();
  }
};

}  // namespace

DaemonLog::DaemonLog(bool json)
    : logger_(
          std::make_unique<spdlog::logger>("", std::make_shared<spdlog::sinks::stdout_sink_mt>())) {
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  formatter->add_flag<JsonText>('*').set_pattern(
      json ? R"({"level":"%l","message":%*,"time":"%Y-%m-%dT%H:%M:%S.%eZ"})"
           : "%Y-%m-%dT%H:%M:%S.%eZ %l %v");
  logger_->set_formatter(std::move(formatter));
  logger_->flush_on(spdlog::level::trace);
}

DaemonLog::~DaemonLog() = default;

void DaemonLog::Info(std::string_view line) { logger_->info(line); }
void DaemonLog::Warn(std::string_view line) { logger_->warn(line); }
void DaemonLog::Error(std::string_view line) { logger_->error(line); }

}  // namespace consilium
