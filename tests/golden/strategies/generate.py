"""Reference computations of the server's strategies in numpy: strategies.json beside this file.

    python3 generate.py

Each case: the model before round 0, then per round the sites' states and weights, then what the model
(and the state of the server's optimiser) is after each round. Values are rounded to float32 after
every round, as the aggregator stores them; everything between is float64.
"""

import itertools
import json
import pathlib

import numpy as np

VALUES = 4
SITES = 8
ROUNDS = 3
ETA, BETA1, BETA2, TAU, MOMENTUM, SERVER_RATE = 0.05, 0.8, 0.95, 0.01, 0.7, 0.5


def f32(values):
    return np.asarray(values, np.float32).astype(np.float64)


def mean_difference(model, states, weights):
    return sum(w * (x - model) for w, x in zip(weights, states)) / sum(weights)


def fedavgm(model, d, state):
    m = MOMENTUM * state["m"] + d
    return model + SERVER_RATE * m, {"m": f32(m)}


def adaptive(second):
    def step(model, d, state):
        m = BETA1 * state["m"] + (1 - BETA1) * d
        v = second(state["v"], d)
        return model + ETA * m / (np.sqrt(v) + TAU), {"m": f32(m), "v": f32(v)}
    return step


def fedadagrad(model, d, state):
    v = state["v"] + d**2
    return model + ETA * d / (np.sqrt(v) + TAU), {"v": f32(v)}


OPTIMISERS = {
    "fedavgm": (fedavgm, {"m": 0.0}),
    "fedadagrad": (fedadagrad, {"v": TAU**2}),
    "fedadam": (adaptive(lambda v, d: BETA2 * v + (1 - BETA2) * d**2), {"m": 0.0, "v": TAU**2}),
    "fedyogi": (adaptive(lambda v, d: v - (1 - BETA2) * d**2 * np.sign(v - d**2)),
                {"m": 0.0, "v": TAU**2}),
}


def krum_scores(states, f):
    n = len(states)
    scores = []
    for s in range(n):
        apart = sorted(float(np.sum((states[s] - states[t])**2)) for t in range(n) if t != s)
        scores.append(sum(apart[:n - f - 2]))
    return np.array(scores)


def krum(f, count):
    def combine(model, states, weights):
        chosen = np.argsort(krum_scores(states, f), kind="stable")[:count]
        return np.mean([states[s] for s in chosen], axis=0)
    return combine


def trimmed(f):
    return lambda model, states, weights: np.mean(np.sort(states, axis=0)[f:len(states) - f], axis=0)


def geometric_median(model, states, weights, steps=4, smoothing=1e-6):
    point = np.median(states, axis=0)
    for _ in range(steps):
        betas = np.array([w / max(smoothing, np.linalg.norm(x - point))
                          for w, x in zip(weights, states)])
        point = betas @ np.array(states) / betas.sum()
    return point


def norm_bound(bound):
    def combine(model, states, weights):
        norms = [np.linalg.norm(x - model) for x in states]
        limit = bound if bound > 0 else np.median(norms)
        cut = [model + min(1, limit / n) * (x - model) for x, n in zip(states, norms)]
        return model + mean_difference(model, cut, weights)
    return combine


ROBUST = {
    "median": ({"byzantine": 2}, lambda model, states, weights: np.median(states, axis=0)),
    "trimmed-mean": ({"byzantine": 2}, trimmed(2)),
    "krum": ({"byzantine": 2}, krum(2, 1)),
    "multi-krum": ({"byzantine": 2, "krum_sites": 3}, krum(2, 3)),
    "geometric-median": ({"byzantine": 2, "weiszfeld_steps": 4}, geometric_median),
    "norm-bound": ({"norm_bound": 0.9}, norm_bound(0.9)),
    "norm-bound by the median": ({"norm_bound": 0}, norm_bound(0)),
}


def main():
    random = np.random.default_rng(20260101)
    cases = []
    weights = list(np.round(random.dirichlet(np.full(SITES, 4.0)), 6))
    start = f32(random.normal(size=VALUES))
    moves = random.normal(scale=0.5, size=(ROUNDS, SITES, VALUES))
    moves[:, :2] *= 7  # two sites far away
    common = {"server_momentum": MOMENTUM, "server_learning_rate": SERVER_RATE,
              "adaptive_learning_rate": ETA, "beta1": BETA1, "beta2": BETA2, "tau": TAU}
    own = {"fedavgm": ["server_learning_rate", "server_momentum"],
           "fedadagrad": ["adaptive_learning_rate", "tau"],
           "fedadam": ["adaptive_learning_rate", "beta1", "beta2", "tau"],
           "fedyogi": ["adaptive_learning_rate", "beta1", "beta2", "tau"]}
    names = itertools.chain(((n, None) for n in OPTIMISERS), ROBUST.items())
    for name, robust in names:
        model, rounds = start, []
        state = {} if robust else {k: np.full(VALUES, v) for k, v in OPTIMISERS[name][1].items()}
        for move in moves:
            states = [f32(model + d) for d in move]
            if robust:
                model = robust[1](model, states, weights)
            else:
                model, state = OPTIMISERS[name][0](model, mean_difference(model, states, weights), state)
            model = f32(model)
            rounds.append({"sites": [list(map(float, x)) for x in states],
                           "model": list(map(float, model)),
                           "state": [list(map(float, values)) for values in state.values()]})
        parameters = robust[0] if robust else {k: common[k] for k in own[name]}
        cases.append({"strategy": name.split(" by ")[0], "parameters": parameters,
                      "weights": list(map(float, weights)), "start": list(map(float, start)),
                      "rounds": rounds})
    path = pathlib.Path(__file__).with_name("strategies.json")
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    path.write_text("[\n" + lines + "\n]\n")


if __name__ == "__main__":
    main()
