#include "common/nn/backbone.h"
#include "simulations/cli/command.h"
#include "simulations/results/table.h"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>
#include <iostream>

namespace consilium {
namespace {

std::string Number(float value) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%.3f", static_cast<double>(value));
  return text.data();
}

std::string Triple(const std::array<float, 3>& values) {
  return Number(values[0]) + " " + Number(values[1]) + " " + Number(values[2]);
}

/// The shortest decimal that is read back as the same float: 0.485, not 0.48500001430511475.
nlohmann::ordered_json JsonOf(const std::array<float, 3>& values) {
  return nlohmann::ordered_json::parse("[" + Number(values[0]) + "," + Number(values[1]) + "," +
                                       Number(values[2]) + "]");
}

std::string DrawBackbones() {
  Table table;
  table.text_columns = 1;
  table.header = {"backbone", "features", "pixels", "mean", "standard deviation", "parameters"};
  for (const BackboneInfo& info : Backbones()) {
    table.rows.push_back({std::string(info.name), std::to_string(info.feature_width),
                          std::to_string(info.input_size), Triple(info.mean),
                          Triple(info.standard_deviation), std::to_string(info.parameters)});
  }
  Table aliases;
  aliases.text_columns = 2;
  aliases.header = {"alias", "backbone, with weights from --weights FILE"};
  for (const BackboneAlias& alias : BackboneAliases()) {
    aliases.rows.push_back({std::string(alias.name), std::string(alias.architecture)});
  }
  return DrawText(table) + "\n" + DrawText(aliases);
}

std::string FormatBackbones() {
  nlohmann::ordered_json json;
  for (const BackboneInfo& info : Backbones()) {
    json["backbones"].push_back({{"name", info.name},
                                 {"feature_width", info.feature_width},
                                 {"input_size", info.input_size},
                                 {"mean", JsonOf(info.mean)},
                                 {"standard_deviation", JsonOf(info.standard_deviation)},
                                 {"parameters", info.parameters},
                                 {"classifier", info.classifier}});
  }
  for (const BackboneAlias& alias : BackboneAliases()) {
    json["aliases"].push_back({{"name", alias.name}, {"backbone", alias.architecture}});
  }
  return json.dump(2) + "\n";
}

class BackbonesCommand : public Command {
 public:
  explicit BackbonesCommand(CLI::App& app) {
    command_ = app.add_subcommand("backbones", "List the backbones: features, input, parameters");
    command_->add_flag("--json", json_, "Print JSON");
  }

  Status Run() override {
    if (command_->parsed()) std::cout << (json_ ? FormatBackbones() : DrawBackbones());
    return OkStatus();
  }

 private:
  bool json_ = false;
  CLI::App* command_;
};

}  // namespace

std::unique_ptr<Command> AddBackbonesCommand(CLI::App& app) {
  return std::make_unique<BackbonesCommand>(app);
}

}  // namespace consilium
