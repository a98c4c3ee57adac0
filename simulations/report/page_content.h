/// What a page is made of, gathered while its sections are written. Threads: plain values.
#pragma once

#include "simulations/report/figures.h"
#include "simulations/results/table.h"

#include <string>
#include <vector>

namespace consilium {

struct NamedTable {
  std::string name;  ///< of its files, without ending; unique in a report
  Table table;
};

struct Page {
  std::string html;
  // All that is in the page, to be files of their own; result tables are in table_files.h.
  std::vector<Figure> figures;
  std::vector<NamedTable> tables;
};

}  // namespace consilium
