"""Writes statistics.json beside this file: samples, and what SciPy and scikit-learn say of them.

Run: python3 tests/golden/statistics/generate.py   (Debian 12: python3-scipy, python3-sklearn)
"""

import itertools
import json
import pathlib
import warnings

import numpy
import scipy
import sklearn
from scipy import optimize, stats
from sklearn import calibration, metrics

ALTERNATIVES = ("two-sided", "greater", "less")
ZERO_RULES = ("wilcox", "pratt", "zsplit")


def w_plus(a, b, zero_rule):
    """The statistic that permutation_test gets: W+, with half of the zeros' ranks for zsplit."""
    d = a - b
    if zero_rule == "wilcox":
        d = d[d != 0]
    ranks = stats.rankdata(abs(d))
    half = ranks[d == 0].sum() / 2 if zero_rule == "zsplit" else 0
    return ranks[d > 0].sum() + half


def wilcoxon(a, b):
    """Approximate of every kind; exact by SciPy's table, and by trying all swaps within pairs."""
    result = {"approximate": [], "untied": [], "exact": []}
    for zero_rule, alternative in itertools.product(ZERO_RULES, ALTERNATIVES):
        for correction in (False, True):
            value = stats.wilcoxon(a, b, zero_method=zero_rule, correction=correction,
                                   alternative=alternative, method="approx")
            result["approximate"].append({
                "zeros": zero_rule, "alternative": alternative, "correction": correction,
                "statistic": value.statistic, "p": value.pvalue, "abs_z": abs(value.zstatistic)})
        if len(a) <= 10:
            tried = stats.permutation_test(
                (a, b), lambda x, y, rule=zero_rule: w_plus(x, y, rule), vectorized=False,
                permutation_type="samples", n_resamples=2 ** len(a), alternative=alternative)
            result["exact"].append({"zeros": zero_rule, "alternative": alternative,
                                    "statistic": tried.statistic, "p": tried.pvalue})
    for alternative in ALTERNATIVES:
        if (a != b).all():
            value = stats.wilcoxon(a, b, alternative=alternative, method="exact")
            result["untied"].append({"alternative": alternative, "p": value.pvalue})
    return result


def student_quantile(p, df):
    """scipy.stats.t.ppf has nine digits in SciPy 1.10; its distribution function has them all."""
    exact = optimize.brentq(lambda x: stats.t.sf(x, df) - (1 - p), -1e3, 1e3, xtol=1e-14)
    assert abs(exact - stats.t.ppf(p, df)) < 1e-8
    return exact


def paired(name, a, b):
    tests = []
    for alternative in ALTERNATIVES:
        test = stats.ttest_rel(a, b, alternative=alternative)
        tests.append({"alternative": alternative, "t": test.statistic, "p": test.pvalue})
    reach = student_quantile(0.95, len(a) - 1) * stats.sem(a - b)
    interval = (a - b).mean() - reach, (a - b).mean() + reach
    assert numpy.allclose(interval, stats.ttest_rel(a, b).confidence_interval(0.9), rtol=1e-7)
    return {"name": name, "a": a.tolist(), "b": b.tolist(), "t_test": tests,
            "se": stats.sem(a - b), "interval_90": interval,
            "wilcoxon": wilcoxon(a, b)}


def paired_samples(rng):
    def sample(n, shift, digits=None):
        a, b = rng.normal(0.7 + shift, 0.05, n), rng.normal(0.7, 0.05, n)
        if digits is not None:  # eighths: differences are exact, so that ties are
            a, b = numpy.round(a * 8 * digits) / 8, numpy.round(b * 8 * digits) / 8
        return a, b
    yield paired("three pairs", *sample(3, 0.02))
    yield paired("five folds", *sample(5, 0.03))
    yield paired("six centers", *sample(6, -0.02))
    yield paired("eighteen backbones", *sample(18, 0.02))
    yield paired("fifty pairs", *sample(50, 0.01))
    yield paired("sixty pairs", *sample(60, 0.01))
    a = numpy.array([1.5, 2.0, 0.5, 3.0, 1.0, 2.5, 0.25, 1.0])
    yield paired("ties", a, a - numpy.array([0.5, 0.5, -0.5, 1, 1, 0.25, -0.25, 2]))
    yield paired("ties and zeros", a, a - numpy.array([0.5, 0, -0.5, 1, 0, 0.25, 0.75, 0]))
    yield paired("one beside zeros", a[:4], a[:4] - numpy.array([0, 0, 0.5, 0]))
    yield paired("balanced", a[:4], a[:4] - numpy.array([1, -1, 0.5, -0.5]))
    yield paired("many ties and zeros", *sample(40, 0.02, 4))


def f_tests(rng):
    for sizes in ((5, 5), (6, 6, 6), (3, 8, 2, 1), (18, 18)):
        groups = [rng.normal(0.6 + 0.02 * g, 0.05, n) for g, n in enumerate(sizes)]
        f, p = stats.f_oneway(*groups)
        yield {"groups": [g.tolist() for g in groups], "f": f, "p": p}


def holm(p_values):
    """By closed testing: a hypothesis falls if each set that holds it falls by Bonferroni."""
    adjusted = []
    for i in range(len(p_values)):
        sets = (s for size in range(1, len(p_values) + 1)
                for s in itertools.combinations(range(len(p_values)), size) if i in s)
        adjusted.append(max(min(1, len(s) * min(p_values[j] for j in s)) for s in sets))
    return {"p": p_values, "adjusted": adjusted}


def mcnemar(only_a, only_b):
    n = only_a + only_b
    chi_square = max(abs(only_a - only_b) - 1, 0) ** 2 / n
    return {"only_a": only_a, "only_b": only_b,
            "exact_p": stats.binomtest(only_a, n, 0.5).pvalue,
            "chi_square": chi_square, "chi_square_p": stats.chi2.sf(chi_square, 1)}


def bootstrap(rng, patients):
    """Right and all images of each patient; the metric is accuracy over the patients drawn."""
    images = rng.integers(1, 5, patients)
    right = rng.binomial(images, 0.8)

    def accuracy(r, n, axis=-1):
        return r.sum(axis=axis) / n.sum(axis=axis)

    expected = {}
    for method in ("percentile", "BCa"):
        done = stats.bootstrap((right, images), accuracy, paired=True, vectorized=False,
                               n_resamples=199, confidence_level=0.9, method=method,
                               random_state=3)
        expected[method] = list(done.confidence_interval)
    without = [accuracy(numpy.delete(right, i), numpy.delete(images, i))
               for i in range(patients)]
    return {"estimate": accuracy(right, images), "resampled": done.bootstrap_distribution.tolist(),
            "without": without, "confidence": 0.9, "percentile": expected["percentile"],
            "bca": expected["BCa"], "se": done.standard_error}


def delong(scores, truth):
    """DeLong's definition, pair by pair."""
    positive, negative = scores[:, truth == 1], scores[:, truth == 0]
    psi = ((positive[:, :, None] > negative[:, None, :])
           + 0.5 * (positive[:, :, None] == negative[:, None, :]))
    covariance = (numpy.cov(psi.mean(axis=2)) / positive.shape[1]
                  + numpy.cov(psi.mean(axis=1)) / negative.shape[1])
    auroc = [metrics.roc_auc_score(truth, s) for s in scores]
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    z = (auroc[0] - auroc[1]) / numpy.sqrt(variance)
    wald = stats.norm.interval(0.95, auroc[0], numpy.sqrt(covariance[0, 0]))
    return {"truth": truth.tolist(), "scores": scores.tolist(), "auroc": auroc,
            "covariance": covariance.tolist(), "z": z, "wald": numpy.clip(wald, 0, 1).tolist(),
            "p": {"two-sided": 2 * stats.norm.sf(abs(z)), "greater": stats.norm.sf(z),
                  "less": stats.norm.cdf(z)}}


def delongs(rng):
    for n, digits in ((16, 9), (60, 9), (60, 1)):
        truth = rng.permutation(numpy.arange(n) % 3 == 0).astype(int)
        scores = rng.normal(0, 1, (2, n)) + truth * numpy.array([[1.1], [0.4]])
        yield delong(numpy.round(scores, digits), truth)


def calibrations(rng):
    truth = rng.integers(0, 2, 80)
    probabilities = numpy.clip(rng.beta(2, 2, 80) * 0.7 + truth * 0.2, 0, 1)
    coarse = numpy.round(probabilities * 8) / 8  # on edges, and with ties
    for values in (probabilities, coarse):
        for strategy, bins in itertools.product(("uniform", "quantile"), (4, 15)):
            observed, mean = calibration.calibration_curve(truth, values, n_bins=bins,
                                                           strategy=strategy)
            yield {"truth": truth.tolist(), "probabilities": values.tolist(),
                   "strategy": strategy, "bins": bins, "observed": observed.tolist(),
                   "mean": mean.tolist(), "brier": metrics.brier_score_loss(truth, values)}


def roc_curves(rng):
    truth = rng.integers(0, 2, 40)
    for digits in (9, 1):
        scores = numpy.round(rng.normal(0, 1, 40) + truth, digits)
        fpr, tpr, thresholds = metrics.roc_curve(truth, scores)
        yield {"truth": truth.tolist(), "scores": scores.tolist(), "fpr": fpr.tolist(),
               "tpr": tpr.tolist(), "thresholds": thresholds.tolist()}


def distributions():
    return {
        "normal": [[z, stats.norm.sf(z), stats.norm.cdf(z)] for z in (-9.0, -1.5, 0.0, 2.0, 12.0)],
        "normal_quantile": [[p, stats.norm.ppf(p)] for p in (1e-9, 0.025, 0.5, 0.9)],
        "student": [[t, df, stats.t.sf(t, df)]
                    for t in (-3.0, 0.0, 0.7, 40.0) for df in (1, 4, 5, 89)],
        "student_quantile": [[p, df, student_quantile(p, df)] for p in (0.2, 0.975) for df in (1, 5)],
        "fisher": [[f, k, n, stats.f.sf(f, k, n)]
                   for f in (0.0, 0.3, 4.0, 90.0) for k, n in ((1, 8), (4, 30))],
        "chi_square": [[x, stats.chi2.sf(x, 1)] for x in (0.0, 0.5, 4.0, 70.0)],
        "fair_binomial": [[k, n, stats.binom.cdf(k, n, 0.5)]
                          for k, n in ((0, 1), (3, 10), (40, 200), (10, 10))],
    }


def main():
    warnings.simplefilter("ignore")  # of small samples and zeros, which are the point
    rng = numpy.random.default_rng(11)
    values = rng.normal(0, 1, 9)
    golden = {
        "versions": {"numpy": numpy.__version__, "scipy": scipy.__version__,
                     "sklearn": sklearn.__version__},
        "distributions": distributions(),
        "quantiles": {"values": sorted(values.tolist()), "expected": [
            [q, numpy.quantile(values, q)] for q in (0, 0.025, 0.3, 0.5, 0.875, 1)]},
        "describe": {"values": values.tolist(), "mean": values.mean(),
                     "sd": values.std(ddof=1), "se": stats.sem(values)},
        "paired": list(paired_samples(rng)),
        "f_tests": list(f_tests(rng)),
        "holm": [holm([0.01, 0.04, 0.03, 0.005]), holm([0.2, 0.2, 0.9]), holm([0.5])],
        "mcnemar": [mcnemar(*counts) for counts in ((5, 15), (0, 3), (7, 7), (120, 90), (1, 0))],
        "bootstrap": [bootstrap(rng, 25), bootstrap(rng, 6)],
        "delong": list(delongs(rng)),
        "calibration": list(calibrations(rng)),
        "roc": list(roc_curves(rng)),
    }
    path = pathlib.Path(__file__).with_name("statistics.json")
    path.write_text(json.dumps(golden, allow_nan=False) + "\n")


main()
