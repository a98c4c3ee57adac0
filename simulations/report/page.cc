#include "simulations/report/page.h"

#include "simulations/report/html_table.h"
#include "simulations/report/markup.h"
#include "simulations/report/page_style.h"
#include "simulations/report/result_sections.h"
#include "simulations/report/sections.h"

#include <algorithm>
#include <set>

namespace consilium {
namespace {

using SectionLinks = std::vector<std::pair<std::string, std::string>>;

MethodStyles StylesOf(std::span<const StudyRecord> studies) {
  std::vector<std::string> methods;
  for (const StudyRecord& study : studies) {
    for (const Row& row : study.summary.rows) methods.push_back(row.method);
  }
  return MethodStyles(std::move(methods));
}

std::string LinkText(const TaskResults& results) {
  return Concat({results.task, " (", results.protocol, ")"});
}

std::string LinksHtml(const SectionLinks& links) {
  std::string html = "<nav aria-label=\"Sections\">\n";
  for (const auto& [id, title] : links) {
    Append(html, {"<a href=\"#", id, "\">", EscapeHtml(title), "</a>\n"});
  }
  html += "</nav>\n";
  return html;
}

/// The results of all studies as one, where each model is of one study only.
std::optional<TaskResults> Pooled(const std::vector<StudyRecord>& studies,
                                  const TaskResults& block) {
  Summary all;
  std::set<ModelKind> taken;
  for (const StudyRecord& study : studies) {
    std::set<ModelKind> models;
    for (const Row& row : study.summary.rows) {
      if (row.protocol != block.protocol || row.task != block.task) continue;
      models.insert({row.method, row.backbone});
      all.rows.push_back(row);
    }
    for (const ModelKind& model : models) {
      if (!taken.insert(model).second) return std::nullopt;
    }
  }
  std::vector<TaskResults> pooled = ResultsOf(all);
  if (pooled.size() != 1) return std::nullopt;
  return std::move(pooled.front());
}

/// One protocol's task, of all studies that have it.
std::string StudiesSection(const std::vector<StudyRecord>& studies, const TaskResults& block,
                           const MethodStyles& styles, Page& page) {
  std::string html = SectionHeading(SectionId(block), Concat({"Results: ", LinkText(block)}));
  const auto keep = [&page](const std::vector<Figure>& figures) {
    page.figures.insert(page.figures.end(), figures.begin(), figures.end());
    return figures;
  };
  const std::optional<TaskResults> pooled = Pooled(studies, block);
  const bool by_backbone =
      pooled && pooled->Backbones().size() > 1 && pooled->metrics.size() == block.metrics.size();
  if (by_backbone) {
    html +=
        FigureGrid(keep(OverviewFigures(*pooled, styles)), "",
                   "All studies together. Markers: mean over backbones of each one's mean "
                   "over left-out centers. Lines: 95\u00A0% interval of that mean (Student's t, "
                   "from three on). Faint dots: the backbones.");
  }
  html += FigureGrid(keep(ComparisonFigures(studies, block.protocol, block.task, styles)), "",
                     "Each study by itself. Markers: mean over left-out centers. Lines: 95\u00A0% "
                     "interval of that mean. Faint dots: the centers.");
  for (std::size_t m = 0; m < block.metrics.size(); ++m) {
    // Where each model is of one study only, a column per study would be all but empty.
    html += by_backbone ? BackbonesTableHtml(*pooled, pooled->metrics[m], styles, "")
                        : StudiesTableHtml(studies, block.protocol, block.task, m, styles);
  }
  return html + PublishedHtml(block);
}

}  // namespace

Page StudyPage(const StudyRecord& study) {
  Page page;
  const MethodStyles styles = StylesOf({&study, 1});
  const std::vector<TaskResults> blocks = ResultsOf(study.summary);
  SectionLinks links;
  std::string sections;
  const auto add = [&](std::string id, std::string title, const std::string& section) {
    if (section.empty()) return;
    links.emplace_back(std::move(id), std::move(title));
    sections += section;
  };
  for (const TaskResults& results : blocks) {
    add(SectionId(results), LinkText(results), ResultsSection(results, study, styles, page));
  }
  add("joining", "Does joining help?", JoiningSection(blocks, study, styles, page));
  add("tests", "Tests", ComparisonsSection(blocks, study, page));
  add("learning", "Learning curves", LearningSection(study, styles, page));
  add("cost", "Time and communication", CostSection(study, page));
  add("methods", "Methods", MethodsSection({&study, 1}, styles));
  add("cohort", "Cohort", CohortSection(study));
  add("settings", "Settings", SettingsSection(study));
  add("repeat", "How to repeat", RepeatSection(study));
  add("model-card", "Model card", ModelCardSection());
  const std::string title = Concat({"Study: ", study.name});
  page.html = HtmlDocument(
      title,
      Concat({"<header>\n<h1>", EscapeHtml(title),
              ("</h1>\n<p class=\"lead\">Methods compared on images that took no part in "
               "training. Research only, not a medical device.</p>\n"),
              FactsHtml(study), LinksHtml(links), "</header>\n<main>\n", sections, "</main>\n"}));
  return page;
}

Page ComparisonPage(const std::vector<StudyRecord>& studies) {
  Page page;
  const MethodStyles styles = StylesOf(studies);
  SectionLinks links;
  std::set<std::string> done;
  std::string sections;
  for (const StudyRecord& study : studies) {
    for (const TaskResults& block : ResultsOf(study.summary)) {
      if (!done.insert(SectionId(block)).second) continue;
      links.emplace_back(SectionId(block), LinkText(block));
      sections += StudiesSection(studies, block, styles, page);
    }
  }
  links.emplace_back("settings", "Settings");
  sections += SettingsOfStudiesSection(studies);
  links.emplace_back("methods", "Methods");
  sections += MethodsSection(studies, styles);
  links.emplace_back("model-card", "Model card");
  sections += ModelCardSection();
  page.html = HtmlDocument(
      "Studies compared",
      Concat({"<header>\n<h1>Studies compared</h1>\n<p class=\"lead\">",
              std::to_string(studies.size()),
              (" studies, means over left-out centers. Differences mean something only where "
               "cohort, centers and splits are the same: see Settings. Research only, not a "
               "medical device.</p>\n"),
              LinksHtml(links), "</header>\n<main>\n", sections, "</main>\n"}));
  return page;
}

}  // namespace consilium
