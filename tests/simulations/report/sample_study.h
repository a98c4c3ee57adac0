/// A small study in a folder, with names that markup would trip over.
///
/// Four centers, one of one class only (its AUROC is undefined), two seeds, four methods, two tasks;
/// predictions of the task with two classes. Site C does better alone, the others by joining.
#pragma once

#include "simulations/results/row.h"

#include <string>

namespace consilium {

inline const std::string kOddCenter = R"(St. <Mary> & "Söhne" 50%_a)";

/// The results alone.
Summary SampleSummary(const std::string& backbone = "resnet18");
/// Writes summary.json, settings.json, study.json, trainings/ and predictions/ into `folder`.
void WriteSampleStudy(const std::string& folder, const std::string& backbone = "resnet18");
/// Writes `text` as a file, making its folder.
void WriteFile(const std::string& path, const std::string& text);

}  // namespace consilium
