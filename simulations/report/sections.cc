#include "simulations/report/sections.h"

#include "simulations/report/html_table.h"
#include "simulations/report/markup.h"
#include "simulations/report/repeat_command.h"
#include "simulations/results/model_card.h"

#include <algorithm>

namespace consilium {
namespace {

std::string Fact(std::string_view name, std::string_view value) {
  return Concat({"<div><dt>", EscapeHtml(name), "</dt><dd>", EscapeHtml(value), "</dd></div>\n"});
}

template <typename T, typename Text>
std::string Joined(const std::vector<T>& items, Text&& text) {
  std::string joined;
  for (const T& item : items) Append(joined, {joined.empty() ? "" : ", ", text(item)});
  return joined;
}

std::string SeedText(std::uint64_t seed) { return std::to_string(seed); }

std::vector<std::string> MethodsOf(const Summary& summary) {
  std::vector<std::string> methods;
  for (const Row& row : summary.rows) {
    if (std::find(methods.begin(), methods.end(), row.method) == methods.end()) {
      methods.push_back(row.method);
    }
  }
  return methods;
}

std::string Shown(const std::string& value) { return value.empty() ? "none" : value; }

/// Which model a number came from: its digest, which a repetition must meet.
Table ModelTable(const Summary& summary) {
  Table table;
  table.header = {"method", "site", "backbone", "left out", "task", "seed", "images", "SHA-256"};
  table.text_columns = table.header.size();
  for (const Row& row : summary.rows) {
    table.rows.push_back({row.method, row.site.value_or(""), row.backbone, row.left_out, row.task,
                          std::to_string(row.seed), std::to_string(row.n_test),
                          row.model_sha256.empty() ? "–" : row.model_sha256.substr(0, 16)});
  }
  return table;
}

std::string CodeHtml(const std::string& command) {
  // Line by line: a break is part of the command's layout, not of a name.
  std::string html = "<pre><code>";
  for (std::size_t from = 0; from <= command.size();) {
    const std::size_t to = std::min(command.find('\n', from), command.size());
    Append(html,
           {from == 0 ? "" : "\n", EscapeHtml(std::string_view(command).substr(from, to - from))});
    from = to + 1;
  }
  html += "</code></pre>\n";
  return html;
}

/// `model_sha256` in backquotes, as Markdown has it.
std::string InlineHtml(std::string_view text) {
  std::string html;
  bool code = false;
  while (true) {
    const std::size_t quote = text.find('`');
    html += EscapeHtml(text.substr(0, quote));
    if (quote == std::string_view::npos) return html;
    html += code ? "</code>" : "<code>";
    code = !code;
    text.remove_prefix(quote + 1);
  }
}

}  // namespace

std::string SectionHeading(std::string_view id, std::string_view title) {
  return Concat({"<h2 id=\"", id, "\">", EscapeHtml(title), "</h2>\n"});
}

std::string SectionId(const TaskResults& results) {
  return Concat({PlainName(results.task), "-", PlainName(results.protocol)});
}

std::string FigureGrid(const std::vector<Figure>& figures, std::string_view look,
                       std::string_view caption) {
  if (figures.empty()) return "";
  std::string html = Concat({"<div class=\"figures ", look, "\">\n"});
  for (const Figure& figure : figures) Append(html, {"<figure>", figure.svg, "</figure>\n"});
  html += "</div>\n";
  if (!caption.empty()) Append(html, {"<p class=\"note\">", EscapeHtml(caption), "</p>\n"});
  return html;
}

std::string FactsHtml(const StudyRecord& study) {
  const Summary& summary = study.summary;
  std::string html = "<dl class=\"facts\">\n";
  html += Fact("Cohort", summary.cohort);
  if (const std::string fingerprint = study.Setting("cohort"); !fingerprint.empty()) {
    html += Fact("Data fingerprint", fingerprint);
  }
  html += Fact("Backbones", Joined(summary.backbones, [](const std::string& b) { return b; }));
  if (!study.settings.empty()) html += Fact("Initial weights", Shown(study.Setting("weights")));
  html += Fact("Seeds", Joined(summary.seeds, SeedText));
  if (study.facts) {
    html += Fact("Trainings done", Concat({std::to_string(study.facts->jobs_done), " of ",
                                           std::to_string(study.facts->jobs_planned)}));
  }
  Append(html, {"</dl>\n<p class=\"note\">Made by ", EscapeHtml(summary.version), ".</p>\n"});
  if (study.facts && study.facts->jobs_done < study.facts->jobs_planned) {
    html +=
        "<p class=\"warn\"><strong>Incomplete.</strong> Not all trainings are done; run the "
        "study again with <code>--resume</code>.</p>\n";
  }
  return html;
}

std::string MethodsSection(std::span<const StudyRecord> studies, const MethodStyles& styles) {
  std::vector<std::string> methods;
  for (const StudyRecord& study : studies) {
    for (std::string& method : MethodsOf(study.summary)) {
      if (std::find(methods.begin(), methods.end(), method) == methods.end()) {
        methods.push_back(std::move(method));
      }
    }
  }
  std::string html = SectionHeading("methods", "Methods");
  html +=
      "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">method</th>"
      "<th scope=\"col\">trained on</th></tr></thead>\n<tbody>\n";
  for (const std::string& method : methods) {
    std::string_view text = "–";
    for (const MethodText& known : MethodTexts()) {
      if (known.method == method) text = known.trained_on;
    }
    Append(html, {"<tr><th scope=\"row\">", MethodNameHtml(method, styles.Of(method)), "</th><td>",
                  EscapeHtml(text), "</td></tr>\n"});
  }
  html += "</tbody></table></div>\n";
  return html;
}

std::string CohortSection(const StudyRecord& study) {
  if (!study.facts) return "";
  std::string html = SectionHeading("cohort", "Cohort");
  html += PlainTableHtml(study.facts->centers);
  for (const std::string& warning : study.facts->warnings) {
    Append(html, {"<p class=\"warn\">", EscapeHtml(warning), "</p>\n"});
  }
  return html;
}

std::string SettingsSection(const StudyRecord& study) {
  if (study.settings.empty()) return "";
  Table table;
  table.header = {"setting", "value"};
  table.text_columns = 2;
  for (const auto& [name, value] : study.settings) {
    table.rows.push_back({name == "cohort" ? "cohort (fingerprint)" : name, Shown(value)});
  }
  return SectionHeading("settings", "Settings") + PlainTableHtml(table);
}

std::string SettingsOfStudiesSection(const std::vector<StudyRecord>& studies) {
  Table table;
  table.header = {"setting"};
  std::vector<std::string> names;
  for (const StudyRecord& study : studies) {
    table.header.push_back(study.name);
    for (const auto& [name, value] : study.settings) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  table.text_columns = table.header.size();
  std::vector<std::vector<std::string>> same;
  const auto add = [&](const std::string& name, auto&& value_of) {
    std::vector<std::string> line = {name};
    for (const StudyRecord& study : studies) line.push_back(Shown(value_of(study)));
    const bool equal = std::all_of(line.begin() + 2, line.end(),
                                   [&](const std::string& value) { return value == line[1]; });
    (equal ? same : table.rows).push_back(std::move(line));
  };
  add("program", [](const StudyRecord& study) { return study.summary.version; });
  add("cohort", [](const StudyRecord& study) { return study.summary.cohort; });
  for (const std::string& name : names) {
    add(name == "cohort" ? "cohort (fingerprint)" : name,
        [&](const StudyRecord& study) { return study.Setting(name); });
  }
  std::string html = SectionHeading("settings", "Settings");
  html += "<h3>That differ</h3>\n";
  html += table.rows.empty() ? "<p>None.</p>\n" : PlainTableHtml(table);
  Table common;
  common.header = {"setting", "value"};
  common.text_columns = 2;
  for (const auto& line : same) common.rows.push_back({line[0], line[1]});
  Append(html,
         {"<details><summary>Common to all</summary>\n", PlainTableHtml(common), "</details>\n"});
  return html;
}

std::string RepeatSection(const StudyRecord& study) {
  if (study.settings.empty()) return "";
  std::string html = SectionHeading("repeat", "How to repeat");
  html +=
      "<p>This command, with the same program and cohort, gives every number again; a cohort "
      "that differs shows in its fingerprint.</p>\n";
  html += CodeHtml(RepeatCommand(study));
  html +=
      "<p>No training depends on another, so one number needs its method and its seed only "
      "(<code>--seed</code>):</p>\n";
  for (const std::string& method : MethodsOf(study.summary)) {
    Append(html, {"<details><summary>", EscapeHtml(method), "</summary>\n",
                  CodeHtml(RepeatCommand(study, method)), "</details>\n"});
  }
  html +=
      "<details><summary>The model behind each number</summary>\n"
      "<p class=\"note\">First 16 digits; all 64 are in <code>summary.json</code>.</p>\n";
  html += PlainTableHtml(ModelTable(study.summary)) + "</details>\n";
  return html;
}

std::string ModelCardSection() {
  std::string html = SectionHeading("model-card", "Model card") + "<ul>\n";
  for (const std::string_view line : ModelCard()) {
    Append(html, {"<li>", InlineHtml(line), "</li>\n"});
  }
  html += "</ul>\n";
  return html;
}

}  // namespace consilium
