"""Figures about a set of logits: per class, per area, calibration, intervals. Pure: no model, no files."""

from dataclasses import dataclass

import numpy as np

from dataset import Comment
from labels import AREAS, SERVICES, TONALITIES

# Resamples of the comments for a 95 % interval.
RESAMPLES = 1000


@dataclass(frozen=True)
class Thresholds:
    """What config.json says beside the weights."""

    temperature: float
    area_temperature: float
    area: float
    service: float
    opinion: float
    uncertain: float


def softmax(logits: np.ndarray) -> np.ndarray:
    exponent = np.exp(logits - logits.max(-1, keepdims=True))
    return exponent / exponent.sum(-1, keepdims=True)


def sigmoid(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logits))


def class_figures(wanted: np.ndarray, got: np.ndarray) -> dict[str, dict[str, float]]:
    figures = {}
    for c, name in enumerate(TONALITIES):
        hits = ((wanted == c) & (got == c)).sum()
        recall, precision = hits / max(1, (wanted == c).sum()), hits / max(1, (got == c).sum())
        figures[name] = {
            "comments": int((wanted == c).sum()),
            "precision": float(precision),
            "recall": float(recall),
            "f1": float(2 * precision * recall / max(1e-9, precision + recall)),
        }
    return figures


def macro_f1(wanted: np.ndarray, got: np.ndarray) -> float:
    return float(np.mean([figure["f1"] for figure in class_figures(wanted, got).values()]))


def interval(score, *arrays: np.ndarray) -> list[float]:
    """The 95 % bootstrap interval of `score` over the rows of `arrays`."""
    chance = np.random.default_rng(0)
    rows = len(arrays[0])
    values = []
    for _ in range(RESAMPLES):
        drawn = chance.integers(0, rows, rows)
        values.append(score(*(array[drawn] for array in arrays)))
    return [float(value) for value in np.percentile(values, [2.5, 97.5])]


def calibration(probabilities: np.ndarray, wanted: np.ndarray, bins: int = 10) -> tuple[float, list[dict[str, float]]]:
    """The expected calibration error over equal bins of the largest probability, and the bins."""
    confidence, right = probabilities.max(1), probabilities.argmax(1) == wanted
    error, rows = 0.0, []
    for low in np.arange(bins) / bins:
        inside = (confidence > low) & (confidence <= low + 1 / bins)
        if inside.any():
            error += inside.mean() * abs(confidence[inside].mean() - right[inside].mean())
            rows.append({"comments": int(inside.sum()), "said": float(confidence[inside].mean()), "right": float(right[inside].mean())})
    return float(error), rows


def best_temperature(logits: np.ndarray, wanted: np.ndarray) -> float:
    """The temperature with the least cross-entropy, from a grid of 1 % steps."""
    rows = np.arange(len(wanted))
    grid = np.exp(np.arange(np.log(0.3), np.log(4), 0.01))
    return float(min(grid, key=lambda t: -np.log(softmax(logits / t)[rows, wanted] + 1e-12).mean()))


def arrays_of(comments: list[Comment]) -> dict[str, np.ndarray]:
    return {
        "judging": np.array([c.tonality is not None for c in comments]),
        "tonality": np.array([-1 if c.tonality is None else c.tonality for c in comments]),
        "annotated": np.array([c.areas is not None and c.tonality is not None for c in comments]),
        "areas": np.array([c.areas or (0,) * len(AREAS) for c in comments]),
        "services": np.array([c.services or (0,) * len(SERVICES) for c in comments]),
        "theme": np.array([c.theme for c in comments]),
    }


def area_labels(logits: np.ndarray, thresholds: Thresholds) -> np.ndarray:
    """int [comments, 5]: 0 absent, else 1 + tonality; an area is present where its probability passes the threshold."""
    probabilities = softmax(logits / thresholds.area_temperature)
    present = 1 - probabilities[:, :, 0] > thresholds.area
    return np.where(present, 1 + probabilities[:, :, 1:].argmax(2), 0)


def micro_f1(wanted: np.ndarray, got: np.ndarray) -> float:
    return float(2 * (wanted & got).sum() / max(1, wanted.sum() + got.sum()))


def fitted(out: dict[str, np.ndarray], comments: list[Comment]) -> Thresholds:
    """Temperatures and thresholds, chosen on `comments` (validation)."""
    truth = arrays_of(comments)
    judging, annotated = truth["judging"], truth["annotated"]
    temperature = best_temperature(out["tonality"][judging], truth["tonality"][judging])
    area_temperature = best_temperature(out["areas"][annotated].reshape(-1, 4), truth["areas"][annotated].reshape(-1))
    present = 1 - softmax(out["areas"][annotated] / area_temperature)[:, :, 0]
    grid = np.arange(0.2, 0.8, 0.01)
    area = float(max(grid, key=lambda x: micro_f1(truth["areas"][annotated] > 0, present > x)))
    service_probability = sigmoid(out["services"][annotated])
    service = float(max(grid, key=lambda x: micro_f1(truth["services"][annotated] > 0, service_probability > x)))
    # As many comments without an opinion as can be found while at most 1 % of the others is lost (0.7 % here, as the sample is small).
    opinion = float(np.quantile(sigmoid(out["opinion"][judging, 0]), 0.007))
    opinion = min(0.5, max(0.02, opinion))
    confidence = softmax(out["tonality"][judging] / temperature).max(1)
    # One comment in ten is left to a person.
    uncertain = float(np.quantile(confidence, 0.1))
    return Thresholds(*(round(x, 4) for x in (temperature, area_temperature, area, service, opinion, uncertain)))


def at_coverage(probabilities: np.ndarray, wanted: np.ndarray, coverage: float) -> float:
    """The share of right ones among the `coverage` surest."""
    order = np.argsort(-probabilities.max(1))[: round(coverage * len(wanted))]
    return float((probabilities.argmax(1) == wanted)[order].mean())


def report(out: dict[str, np.ndarray], comments: list[Comment], thresholds: Thresholds) -> dict:
    """Everything that the model card tells about one set of comments."""
    truth = arrays_of(comments)
    judging, annotated = truth["judging"], truth["annotated"]
    wanted = truth["tonality"][judging]
    probabilities = softmax(out["tonality"][judging] / thresholds.temperature)
    got = probabilities.argmax(1)
    error, bins = calibration(probabilities, wanted)
    areas, services = area_labels(out["areas"][annotated], thresholds), sigmoid(out["services"][annotated]) > thresholds.service
    wanted_areas, wanted_services = truth["areas"][annotated], truth["services"][annotated] > 0
    both = (areas > 0) & (wanted_areas > 0)
    opinion = sigmoid(out["opinion"][:, 0]) > thresholds.opinion
    figures = {
        "comments": int(judging.sum()),
        "macro_f1": macro_f1(wanted, got),
        "macro_f1_interval": interval(macro_f1, wanted, got),
        "accuracy": float((wanted == got).mean()),
        "classes": class_figures(wanted, got),
        "confusion": [[int(((wanted == a) & (got == b)).sum()) for b in range(3)] for a in range(3)],
        "calibration_error": error,
        "calibration": bins,
        "right_at_95": at_coverage(probabilities, wanted, 0.95),
        "right_at_90": at_coverage(probabilities, wanted, 0.9),
        "uncertain_share": float((probabilities.max(1) < thresholds.uncertain).mean()),
        "areas_micro_f1": micro_f1(wanted_areas > 0, areas > 0),
        "areas_micro_f1_interval": interval(micro_f1, wanted_areas > 0, areas > 0),
        "areas": {
            name: {"comments": int((wanted_areas[:, a] > 0).sum()), "f1": micro_f1(wanted_areas[:, a] > 0, areas[:, a] > 0)}
            for a, name in enumerate(AREAS)
        },
        "area_tonality": float((areas == wanted_areas)[both].mean()),
        "services_micro_f1": micro_f1(wanted_services, services),
        "lost_to_no_opinion": float((~opinion[judging]).mean()),
        "themes": {},
    }
    for theme in sorted(set(truth["theme"][judging])):
        inside = truth["theme"][judging] == theme
        figures["themes"][theme] = {"comments": int(inside.sum()), "macro_f1": macro_f1(wanted[inside], got[inside])}
    if not judging.all():
        figures["no_opinion"] = {"comments": int((~judging).sum()), "recall": float((~opinion[~judging]).mean())}
    return figures
