#include "simulations/results/table.h"

#include "simulations/results/aggregate.h"

#include <algorithm>
#include <cstdio>

namespace consilium {
namespace {

/// Characters on a terminal: bytes that do not continue a UTF-8 sequence.
std::size_t Width(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::vector<std::size_t> ColumnWidths(const Table& table) {
  std::vector<std::size_t> widths;
  for (const std::string& title : table.header) widths.push_back(Width(title));
  for (const auto& row : table.rows) {
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], Width(row[c]));
  }
  return widths;
}

std::string Padded(const std::string& text, std::size_t width, bool left) {
  const std::string space(width - Width(text), ' ');
  return left ? text + space : space + text;
}

struct Column {
  std::string title;
  std::size_t metric;  ///< index into ReportedMetrics()
};

std::vector<Column> ColumnsOf(std::span<const Row> rows, std::string_view task) {
  const bool classes = std::any_of(rows.begin(), rows.end(), [&](const Row& row) {
    return row.task == task && row.metrics.accuracy.has_value();
  });
  const std::vector<std::pair<std::string, std::string_view>> shown =
      classes ? std::vector<std::pair<std::string, std::string_view>>{{"accuracy", "accuracy"},
                                                                      {"F1", "f1"},
                                                                      {"G-mean", "gmean"},
                                                                      {"AUROC", "auroc"}}
              : std::vector<std::pair<std::string, std::string_view>>{
                    {"zone accuracy", "zone_accuracy"},
                    {"L1", "l1"},
                    {"MSE", "mse"},
                    {"correlation", "correlation"}};
  std::vector<Column> columns;
  for (const auto& [title, name] : shown) {
    for (std::size_t m = 0; m < ReportedMetrics().size(); ++m) {
      if (ReportedMetrics()[m].name == name) columns.push_back({title, m});
    }
  }
  return columns;
}

std::string Cell(const std::optional<double>& mean, const std::optional<double>& deviation) {
  if (!mean) return "-";
  char text[48];
  if (deviation) {
    std::snprintf(text, sizeof(text), "%.3f ± %.3f", *mean, *deviation);
  } else {
    std::snprintf(text, sizeof(text), "%.3f", *mean);
  }
  return text;
}

std::string Counted(std::string_view what, int count, std::string_view noun) {
  return std::string(what) + " " + std::to_string(count) + " " + std::string(noun) +
         (count == 1 ? "" : "s");
}

}  // namespace

std::string DrawText(const Table& table) {
  const std::vector<std::size_t> widths = ColumnWidths(table);
  std::size_t total = 0;
  for (const std::size_t width : widths) total += width + 2;
  const std::string line = std::string(total - 2, '-') + "\n";
  std::string text;
  const auto draw = [&](const std::vector<std::string>& cells) {
    std::string drawn;
    for (std::size_t c = 0; c < cells.size(); ++c) {
      if (c > 0) drawn += "  ";
      drawn += Padded(cells[c], widths[c], c < table.text_columns);
    }
    drawn.erase(drawn.find_last_not_of(' ') + 1);
    text += drawn + "\n";
  };
  draw(table.header);
  text += line;
  for (const auto& row : table.rows) {
    if (row.empty()) {
      text += line;
    } else {
      draw(row);
    }
  }
  return text;
}

std::string DrawMarkdown(const Table& table) {
  std::string text;
  const auto draw = [&](const std::vector<std::string>& cells) {
    text += "|";
    for (const std::string& cell : cells) {
      std::string escaped;
      for (const char c : cell) {
        if (c == '|') escaped += '\\';
        escaped += c;
      }
      text += " " + escaped + " |";
    }
    text += "\n";
  };
  draw(table.header);
  text += "|";
  for (std::size_t c = 0; c < table.header.size(); ++c) {
    text += c < table.text_columns ? "---|" : "---:|";
  }
  text += "\n";
  for (const auto& row : table.rows) {
    if (!row.empty()) draw(row);
  }
  return text;
}

Table ResultTable(const Summary& summary, std::string_view task) {
  const std::vector<Column> columns = ColumnsOf(summary.rows, task);
  Table table;
  table.header = {"left out", "method", "images"};
  table.text_columns = 2;
  for (const Column& column : columns) table.header.push_back(column.title);
  std::vector<std::vector<std::string>> over_seeds;
  std::string previous;
  for (const AggregateRow& aggregate : AggregateRows(summary.rows)) {
    if (aggregate.task != task) continue;
    const std::string group =
        aggregate.left_out.value_or(Counted("mean over", aggregate.n_centers, "center"));
    const std::string shown = group == previous ? "" : group;
    if (!shown.empty() && !previous.empty()) table.rows.emplace_back();
    previous = group;
    const std::string method = summary.backbones.size() > 1
                                   ? aggregate.method + " " + aggregate.backbone
                                   : aggregate.method;
    std::vector<std::string> cells = {shown, method, std::to_string(aggregate.n_test)};
    std::vector<std::string> seed_cells = {
        over_seeds.empty() ? Counted("mean over", aggregate.n_seeds, "seed") : "", method, ""};
    for (const Column& column : columns) {
      const MetricSummary& metric = aggregate.metrics[column.metric];
      cells.push_back(Cell(metric.mean, aggregate.left_out ? metric.sd_seeds : metric.sd_centers));
      seed_cells.push_back(Cell(metric.mean, metric.sd_seeds));
    }
    table.rows.push_back(std::move(cells));
    if (!aggregate.left_out && aggregate.n_seeds > 1) over_seeds.push_back(std::move(seed_cells));
  }
  if (!over_seeds.empty()) table.rows.emplace_back();
  table.rows.insert(table.rows.end(), over_seeds.begin(), over_seeds.end());
  return table;
}

}  // namespace consilium
