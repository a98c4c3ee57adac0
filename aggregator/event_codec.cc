#include "aggregator/event_codec.h"

#include "aggregator/counts_json.h"
#include "aggregator/json_fields.h"

#include <limits>

namespace consilium {
namespace {

using Json = nlohmann::json;

constexpr std::int64_t kMaxImages = std::int64_t{1} << 53;
constexpr std::int64_t kMaxPixels = 1 << 20;
constexpr std::size_t kMaxTasks = 1000;
constexpr std::size_t kMaxDigest = 128;
constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMaxClassName = 4096;
constexpr std::size_t kMaxReason = 4000;  // of 1000 bytes, each a sign of three if it is no UTF-8

RoundNumber Round(Fields& fields, std::string_view name) {
  return static_cast<RoundNumber>(
      fields.Integer(name, kInitialModel, std::numeric_limits<RoundNumber>::max()));
}

Json ModelToJson(const ModelRef& model) {
  return {{"digest", model.digest}, {"byte_size", model.byte_size}, {"version", model.version}};
}

Result<ModelRef> ModelFromJson(const Json& json) {
  Fields fields(json);
  ModelRef model;
  model.digest = fields.Text("digest", kMaxDigest);
  model.byte_size = static_cast<std::uint64_t>(
      fields.Integer("byte_size", 0, static_cast<std::int64_t>(Layout::kMaxBytes)));
  model.version = Round(fields, "version");
  CONSILIUM_RETURN_IF_ERROR(fields.status().WithContext("model"));
  return model;
}

Json ClassesToJson(const std::vector<ClassHolding>& classes) {
  Json json = Json::array();
  for (const ClassHolding& one : classes)
    json.push_back({{"name", one.name}, {"train", one.train}});
  return json;
}

// One Write and one Read per kind of event; its name stands in kKinds below.

void Write(const RunOpened& event, Json& json) { json["model"] = ModelToJson(event.model); }
void Write(const SiteJoined& event, Json& json) {
  const SiteDeclaration& declaration = event.declaration;
  Json tasks = Json::array();
  for (const TaskHolding& holding : declaration.tasks) {
    tasks.push_back({{"task", holding.task.str()},
                     {"train", holding.train},
                     {"validation", holding.validation},
                     {"set_aside", holding.set_aside},
                     {"classes", ClassesToJson(holding.classes)},
                     {"zones", holding.zones},
                     {"levels", holding.levels}});
  }
  json["site"] = declaration.site.str();
  json["train_images"] = declaration.train_images;
  json["layout_fingerprint"] = declaration.layout_fingerprint;
  json["set_aside"] = declaration.set_aside;
  json["image_size"] = declaration.image_size;
  json["channels"] = declaration.channels;
  json["tasks"] = std::move(tasks);
}
void Write(const UpdateSpooled& event, Json& json) {
  json["site"] = event.site.str();
  json["round"] = event.round;
  json["digest"] = event.digest;
  json["images_used"] = event.images_used;
  json["steps"] = event.steps;
}
void Write(const ModelStored& event, Json& json) {
  json["round"] = event.round;
  json["model"] = ModelToJson(event.model);
}
void Write(const EvaluationReceived& event, Json& json) {
  Json tasks = Json::array();
  for (const TaskCounts& counts : event.tasks) tasks.push_back(CountsToJson(counts));
  json["site"] = event.site.str();
  json["version"] = event.version;
  json["tasks"] = std::move(tasks);
}
void Write(const DeadlinePassed& event, Json& json) { json["round"] = event.round; }
void Write(const SiteLost& event, Json& json) { json["site"] = event.site.str(); }
void Write(const SiteTurnedAway& event, Json& json) {
  json["site"] = event.site.str();
  json["standing"] = ToString(event.standing);
  json["why"] = event.why;
}
void Write(const SiteBegan& event, Json& json) {
  json["site"] = event.site.str();
  json["version"] = event.version;
}

/// Of a field that older logs do not have: 0.
std::int64_t IntegerIfThere(Fields& fields, std::string_view name, std::int64_t most) {
  return fields.At(name).is_null() ? 0 : fields.Integer(name, 0, most);
}

Status ReadMeaning(Fields& fields, TaskHolding& holding) {
  holding.zones = static_cast<int>(IntegerIfThere(fields, "zones", kMaxTasks));
  holding.levels = static_cast<int>(IntegerIfThere(fields, "levels", kMaxTasks));
  if (fields.At("classes").is_null()) return OkStatus();
  for (const Json& one : fields.Array("classes", kMaxTasks)) {
    Fields row(one);
    ClassHolding& read = holding.classes.emplace_back();
    read.name = row.Text("name", kMaxClassName);
    read.train = row.Integer("train", 0, kMaxImages);
    CONSILIUM_RETURN_IF_ERROR(row.status().WithContext("classes"));
  }
  return OkStatus();
}

Status Read(Fields& fields, RunOpened& event) {
  CONSILIUM_ASSIGN_OR_RETURN(event.model, ModelFromJson(fields.At("model")));
  return OkStatus();
}
Status Read(Fields& fields, SiteJoined& event) {
  SiteDeclaration& declaration = event.declaration;
  declaration.site = SiteId(fields.Text("site", kMaxName));
  declaration.train_images = fields.Integer("train_images", 0, kMaxImages);
  declaration.layout_fingerprint = fields.Text("layout_fingerprint", kMaxDigest);
  declaration.set_aside = IntegerIfThere(fields, "set_aside", kMaxImages);
  declaration.image_size = static_cast<int>(IntegerIfThere(fields, "image_size", kMaxPixels));
  declaration.channels = static_cast<int>(IntegerIfThere(fields, "channels", kMaxPixels));
  for (const Json& task : fields.Array("tasks", kMaxTasks)) {
    Fields holding(task);
    TaskHolding& read = declaration.tasks.emplace_back();
    read.task = TaskId(holding.Text("task", kMaxName));
    read.train = holding.Integer("train", 0, kMaxImages);
    read.validation = holding.Integer("validation", 0, kMaxImages);
    read.set_aside = IntegerIfThere(holding, "set_aside", kMaxImages);
    CONSILIUM_RETURN_IF_ERROR(ReadMeaning(holding, read).WithContext("tasks"));
    CONSILIUM_RETURN_IF_ERROR(holding.status().WithContext("tasks"));
  }
  return OkStatus();
}
Status Read(Fields& fields, UpdateSpooled& event) {
  event.site = SiteId(fields.Text("site", kMaxName));
  event.round = Round(fields, "round");
  event.digest = fields.Text("digest", kMaxDigest);
  event.images_used = fields.Integer("images_used", 0, kMaxImages);
  // Logs written before there were strategies that ask for steps have none.
  event.steps = IntegerIfThere(fields, "steps", kMaxImages);
  return OkStatus();
}
Status Read(Fields& fields, ModelStored& event) {
  event.round = Round(fields, "round");
  CONSILIUM_ASSIGN_OR_RETURN(event.model, ModelFromJson(fields.At("model")));
  return OkStatus();
}
Status Read(Fields& fields, EvaluationReceived& event) {
  event.site = SiteId(fields.Text("site", kMaxName));
  event.version = Round(fields, "version");
  for (const Json& task : fields.Array("tasks", kMaxTasks)) {
    CONSILIUM_ASSIGN_OR_RETURN(TaskCounts counts, CountsFromJson(task));
    event.tasks.push_back(std::move(counts));
  }
  return OkStatus();
}
Status Read(Fields& fields, DeadlinePassed& event) {
  event.round = Round(fields, "round");
  return OkStatus();
}
Status Read(Fields& fields, SiteLost& event) {
  event.site = SiteId(fields.Text("site", kMaxName));
  return OkStatus();
}

Status Read(Fields& fields, SiteTurnedAway& event) {
  event.site = SiteId(fields.Text("site", kMaxName));
  const Result<SiteStanding> standing = ParseSiteStanding(fields.Text("standing", kMaxName));
  if (!standing.ok()) return DataLoss("standing: " + standing.status().message());
  event.standing = *standing;
  event.why = fields.Text("why", kMaxReason);
  return OkStatus();
}
Status Read(Fields& fields, SiteBegan& event) {
  event.site = SiteId(fields.Text("site", kMaxName));
  event.version = Round(fields, "version");
  return OkStatus();
}

using What = decltype(Event::what);

// In the order of the alternatives of Event::what.
constexpr std::string_view kKinds[] = {"run_opened",   "site_joined",         "update_spooled",
                                       "model_stored", "evaluation_received", "deadline_passed",
                                       "site_lost",    "site_turned_away",    "site_began"};
static_assert(std::size(kKinds) == std::variant_size_v<What>);

template <std::size_t Index = 0>
Result<What> ReadKind(std::string_view kind, Fields& fields) {
  if constexpr (Index == std::variant_size_v<What>) {
    return DataLoss("what: '" + std::string(kind) + "' is no kind of event");
  } else {
    if (kind != kKinds[Index]) return ReadKind<Index + 1>(kind, fields);
    std::variant_alternative_t<Index, What> event;
    CONSILIUM_RETURN_IF_ERROR(Read(fields, event).WithContext(kind));
    CONSILIUM_RETURN_IF_ERROR(fields.status().WithContext(kind));
    return What(std::move(event));
  }
}

}  // namespace

std::string EncodeEvent(const Event& event) {
  Json json = {{"at", event.at.millis}, {"what", kKinds[event.what.index()]}};
  std::visit([&json](const auto& what) { Write(what, json); }, event.what);
  // Texts that are not UTF-8 come from nowhere but a bug; they must not throw.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Event> DecodeEvent(std::string_view text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  Fields fields(json);
  Event event;
  event.at.millis = fields.Integer("at", std::numeric_limits<std::int64_t>::min() / 2,
                                   std::numeric_limits<std::int64_t>::max() / 2);
  const std::string kind = fields.Text("what", kMaxName);
  CONSILIUM_RETURN_IF_ERROR(fields.status().WithContext("event"));
  CONSILIUM_ASSIGN_OR_RETURN(event.what, ReadKind(kind, fields));
  return event;
}

}  // namespace consilium
