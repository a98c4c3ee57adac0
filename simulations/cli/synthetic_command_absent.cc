#include "simulations/cli/command.h"

namespace consilium {
namespace {

class SyntheticCommand : public Command {
 public:
  explicit SyntheticCommand(CLI::App& app)
      : command_(app.add_subcommand("synthetic", "Not in this build, which writes no pictures")) {}

  Status Run() override {
    if (!command_->parsed()) return OkStatus();
    return InvalidArgument("synthetic: this build writes no pictures; loco --synthetic works");
  }

 private:
  CLI::App* command_;
};

}  // namespace

std::unique_ptr<Command> AddSyntheticCommand(CLI::App& app) {
  return std::make_unique<SyntheticCommand>(app);
}

}  // namespace consilium
