#include "simulations/results/study_facts.h"

#include <nlohmann/json.hpp>

namespace consilium {
namespace {

using Json = nlohmann::ordered_json;

Json TableToJson(const Table& table) {
  return {{"text_columns", table.text_columns}, {"header", table.header}, {"rows", table.rows}};
}

Table TableFromJson(const Json& json) {
  Table table;
  table.text_columns = json.at("text_columns").get<std::size_t>();
  table.header = json.at("header").get<std::vector<std::string>>();
  table.rows = json.at("rows").get<std::vector<std::vector<std::string>>>();
  for (auto& row : table.rows) row.resize(table.header.size());
  return table;
}

}  // namespace

std::string FormatStudyFacts(const StudyFacts& facts) {
  Json tasks = Json::array();
  for (const StudyFacts::Task& task : facts.tasks) {
    tasks.push_back({{"id", task.id}, {"classes", task.classes}});
  }
  const Json json = {{"jobs_planned", facts.jobs_planned},
                     {"jobs_done", facts.jobs_done},
                     {"tasks", std::move(tasks)},
                     {"centers", TableToJson(facts.centers)},
                     {"warnings", facts.warnings}};
  // Names come from manifests: what is not UTF-8 is replaced, not thrown over.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<StudyFacts> ParseStudyFacts(std::string_view json, const std::string& name_for_errors) {
  try {
    const Json root = Json::parse(json);
    StudyFacts facts;
    facts.jobs_planned = root.at("jobs_planned").get<std::size_t>();
    facts.jobs_done = root.at("jobs_done").get<std::size_t>();
    for (const Json& task : root.at("tasks")) {
      facts.tasks.push_back(
          {task.at("id").get<std::string>(), task.at("classes").get<std::vector<std::string>>()});
    }
    facts.centers = TableFromJson(root.at("centers"));
    facts.warnings = root.at("warnings").get<std::vector<std::string>>();
    return facts;
  } catch (const Json::exception& error) {
    return InvalidArgument(name_for_errors + ": not as written by this program: " + error.what());
  }
}

}  // namespace consilium
