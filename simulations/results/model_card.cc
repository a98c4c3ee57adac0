#include "simulations/results/model_card.h"

namespace consilium {

const std::vector<MethodText>& MethodTexts() {
  static const std::vector<MethodText> texts = {
      {"local",
       "one other center alone, its prognosis labels; the table shows the mean over those "
       "centers"},
      {"stl", "prognosis labels of all other centers, pooled (single task)"},
      {"transfer", "the other task first, then prognosis from its backbone, pooled"},
      {"mdmt-central", "all labels of all other centers, pooled (multi-dataset, multi-task)"},
      {"mdmt-averaged-init",
       "the same labels, begun from the average of the single-task backbones"},
      {"mdmt-harmonised", "only the images of all other centers that have labels of every task"},
      {"mdmt-no-sharing", "ablation of mdmt-central: a network for each task"},
      {"mdmt-no-indicator", "ablation of mdmt-central: a missing label counts as zero"},
      {"mdmt-federated",
       "the labels of mdmt-central, each center a site whose images stay where they are"}};
  return texts;
}

const std::vector<std::string_view>& ModelCard() {
  static const std::vector<std::string_view> card = {
      ("Intended use: research on federated multi-task learning. Not a medical device; not for "
       "diagnosis, triage or any other clinical decision."),
      ("Training data: the cohort above and nothing else, beyond the initial weights named under "
       "Settings."),
      ("Out of scope: lateral views, children, pictures from other modalities, any population "
       "that the centers do not represent."),
      ("Limits: a left-out center measures transfer to the centers of this cohort, not to every "
       "hospital. Labels follow each center's own practice. Small centers make wide errors: read "
       "the numbers with the images column beside them."),
      "Scores are softmax outputs and are not calibrated.",
      ("Reproducing: the same program, settings, seeds, precision and thread count give the same "
       "model, to be checked by `model_sha256` in `summary.json`.")};
  return card;
}

}  // namespace consilium
