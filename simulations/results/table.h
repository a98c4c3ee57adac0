/// A table of text cells, drawn for a terminal or as Markdown. Cells are UTF-8; columns are as wide
/// as their widest cell. Threads: pure.
#pragma once

#include "simulations/results/row.h"

#include <string>
#include <string_view>
#include <vector>

namespace consilium {

struct Table {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;  ///< an empty row is a line between groups
  std::size_t text_columns = 0;                ///< the first so many are set left, the others right
};

std::string DrawText(const Table& table);
std::string DrawMarkdown(const Table& table);

/// Left-out center x method for one task: the mean over seeds (with its standard deviation where
/// there are several), then per method mean and standard deviation over centers and over seeds.
/// `local` is the mean over its sites. Classification tasks show accuracy, F1, G-mean and AUROC,
/// zone tasks zone accuracy, L1, MSE and correlation.
Table ResultTable(const Summary& summary, std::string_view task);

}  // namespace consilium
