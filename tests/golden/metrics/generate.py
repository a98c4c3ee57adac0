"""Writes metrics.json beside this file: predictions, labels and what scikit-learn and scipy say.

Run: python3 tests/golden/metrics/generate.py   (Debian 12: python3-sklearn, python3-scipy)
"""

import json
import pathlib

import numpy
import scipy
import scipy.stats
import sklearn
from sklearn import metrics

BINS = 8192  # kScoreBins: scores at the middle of a bin make the histogram's AUROC exact


def weighted_gmean(truth, predicted, classes):
    """imbalanced-learn's geometric_mean_score(average="weighted"), written out."""
    recall, specificity, support = [], [], []
    for c in range(classes):
        actual, called = truth == c, predicted == c
        recall.append((actual & called).sum() / max(actual.sum(), 1))
        specificity.append((~actual & ~called).sum() / max((~actual).sum(), 1))
        support.append(actual.sum())
    return float(numpy.sqrt(numpy.average(recall, weights=support)
                            * numpy.average(specificity, weights=support)))


def classification(rng, classes, n):
    truth = rng.integers(0, classes, n)
    scores = rng.dirichlet(numpy.ones(classes), n)
    scores[numpy.arange(n), truth] += 0.4
    scores /= scores.sum(axis=1, keepdims=True)
    if classes == 2:
        positive = (numpy.floor(scores[:, 1] * 64) * (BINS // 64) + 0.5) / BINS  # with ties
        scores = numpy.stack([1 - positive, positive], axis=1)
    predicted = scores.argmax(axis=1)
    weighted = metrics.precision_recall_fscore_support(truth, predicted, average="weighted",
                                                       zero_division=0)
    expected = {
        "accuracy": metrics.accuracy_score(truth, predicted),
        "precision": weighted[0], "recall": weighted[1], "f1": weighted[2],
        "gmean": weighted_gmean(truth, predicted, classes),
        "auroc": metrics.roc_auc_score(truth, scores[:, 1]) if classes == 2 else None,
    }
    positive = metrics.precision_recall_fscore_support(
        truth, predicted, labels=[classes - 1], average=None, zero_division=0)
    expected |= {"positive_precision": positive[0][0], "positive_recall": positive[1][0],
                 "positive_f1": positive[2][0]}
    return {"classes": classes, "truth": truth.tolist(), "scores": scores.tolist(),
            "expected": expected}


def zones(rng, n):
    truth = rng.integers(0, 4, (n, 6))
    predicted = (truth + rng.normal(0, 0.7, truth.shape)).astype(numpy.float32)
    rounded = numpy.digitize(predicted, [0.5, 1.5, 2.5])
    wide = predicted.astype(numpy.float64)
    return {"truth": truth.tolist(), "scores": predicted.tolist(), "expected": {
        "zone_accuracy": (rounded == truth).mean(),
        "l1": metrics.mean_absolute_error(truth, wide),
        "mse": metrics.mean_squared_error(truth, wide),
        "correlation": scipy.stats.pearsonr(wide.sum(axis=1), truth.sum(axis=1))[0],
    }}


def main():
    rng = numpy.random.default_rng(7)
    golden = {
        "versions": {"numpy": numpy.__version__, "scipy": scipy.__version__,
                     "sklearn": sklearn.__version__},
        "classifications": [classification(rng, 2, 40), classification(rng, 2, 7),
                            classification(rng, 4, 60), classification(rng, 4, 5)],
        "zones": zones(rng, 30),
    }
    path = pathlib.Path(__file__).with_name("metrics.json")
    path.write_text(json.dumps(golden) + "\n")


main()
