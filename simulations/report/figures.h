/// The figures of a report, from results and records: each a picture that stands alone.
/// Threads: pure.
#pragma once

#include "simulations/report/joining.h"
#include "simulations/report/method_style.h"
#include "simulations/report/study_record.h"
#include "simulations/report/task_results.h"

#include <string>
#include <vector>

namespace consilium {

struct Figure {
  std::string name;  ///< of its file, without ".svg"; unique in a report
  std::string svg;
};

// figures.cc: what results.

/// Per metric: each method's mean and its interval. Dots are centers where there is one backbone;
/// of several, dots are backbones, each its mean over centers.
std::vector<Figure> OverviewFigures(const TaskResults& results, const MethodStyles& styles);

/// Per metric: each method on each backbone, dots the centers. Empty unless there are several
/// backbones.
std::vector<Figure> BackboneFigures(const TaskResults& results, const MethodStyles& styles);

/// Per metric and backbone: each center left out, one bar per method, deviation over seeds.
std::vector<Figure> CenterFigures(const TaskResults& results, const MethodStyles& styles);

/// What joining brings each site; `joining` of one metric. Empty of none.
std::vector<Figure> JoiningFigures(const TaskResults& results, const ShownMetric& metric,
                                   const std::vector<Joining>& joining, const MethodStyles& styles);

/// Several studies: per metric, each model of each study.
std::vector<Figure> ComparisonFigures(const std::vector<StudyRecord>& studies,
                                      const std::string& protocol, const std::string& task,
                                      const MethodStyles& styles);

// curve_figures.cc: how well scores separate, how training went.

/// ROC: the mean over all models of a method, then each center by itself. Empty without predictions
/// of both classes.
std::vector<Figure> RocFigures(const TaskResults& results, const StudyRecord& study,
                               const MethodStyles& styles);

/// Calibration of each method, all its models' test images together.
std::vector<Figure> CalibrationFigures(const TaskResults& results, const StudyRecord& study,
                                       const MethodStyles& styles);

/// Validation loss per epoch or round, per backbone: the mean over a method's trainings. Empty
/// without curves.
std::vector<Figure> LearningFigures(const StudyRecord& study, const MethodStyles& styles);

/// Cosine between sites' updates per round, per backbone; empty without any.
std::vector<Figure> CosineFigures(const StudyRecord& study, const MethodStyles& styles);

}  // namespace consilium
