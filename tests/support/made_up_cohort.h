/// Labels of a cohort shaped like the paper's, without pictures: for tests of who trains and who is
/// tested.
#pragma once

#include "common/data/dataset.h"

#include <set>
#include <string>

namespace consilium {

/// `patients` of one center, of two images each unless `images` says otherwise; image
/// "CENTER/<center><patient>-<visit>.png". Prognosis centers alternate mild and severe.
inline void AddCenter(Dataset& dataset, const std::string& center, int patients, bool prognosis,
                      int images = 2) {
  for (int p = 0; p < patients; ++p) {
    for (int visit = 0; visit < images; ++visit) {
      Sample sample;
      sample.center = center;
      sample.patient = center;
      sample.patient.append(std::to_string(p));
      sample.image = center;
      sample.image.append("/").append(sample.patient).append("-");
      sample.image.append(std::to_string(visit)).append(".png");
      sample.labels.resize(2);
      if (prognosis) {
        sample.labels[0] = {p % 2};
      } else {
        sample.labels[1] = {p % 4, 1, 2, p % 3, 0, 1};
      }
      dataset.samples.push_back(std::move(sample));
    }
  }
}

/// Six hospitals and three severity centers.
inline Dataset NineCenters() {
  Dataset dataset;
  dataset.tasks = {PrognosisTask(), *BrixiaTask("zones")};
  int patients = 11;
  for (const char* hospital : {"A", "B", "C", "D", "E", "F"}) {
    AddCenter(dataset, hospital, patients, true);
    patients += 3;
  }
  for (const char* maker : {"AGFA", "CARESTREAM", "SIEMENS"}) {
    AddCenter(dataset, maker, 23, false);
  }
  return dataset;
}

inline std::set<std::string> PatientsOf(const Dataset& dataset, const Indices& indices) {
  std::set<std::string> patients;
  for (const std::int64_t i : indices) patients.insert(dataset.samples.at(i).patient);
  return patients;
}

}  // namespace consilium
