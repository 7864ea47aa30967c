"""Word error rate, and how sure it is.

Normaliser: Unicode NFC, lower case, everything but letters, digits and marks inside words becomes a space ("tre-fyra" is two words, "e-tjänst" too),
runs of white space become one. Numbers stay as they are written: "17" for "sjutton" counts as an error.
"""
import dataclasses
import re
import unicodedata

import numpy as np


def normalize(text: str) -> list[str]:
    return re.sub(r"[^\w]|_", " ", unicodedata.normalize("NFC", text).lower()).split()


def edits(expected: list[str] | str, heard: list[str] | str) -> int:
    """Levenshtein distance."""
    row = list(range(len(heard) + 1))
    for i, left in enumerate(expected, 1):
        previous, row[0] = row[0], i
        for j, right in enumerate(heard, 1):
            previous, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, previous + (left != right))
    return row[-1]


@dataclasses.dataclass(frozen=True)
class Rate:
    value: float
    low: float
    high: float
    errors: int
    words: int

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f} to {self.high:.3f})"


def rate(pairs: list[tuple[str, str]], characters: bool = False) -> Rate:
    """Errors by expected words (or characters) over (expected, heard) pairs, with a 95 % interval: 2,000 bootstrap samples of the clips."""
    counts = []
    for expected, heard in pairs:
        left, right = normalize(expected), normalize(heard)
        if characters:
            counts.append((edits(" ".join(left), " ".join(right)), len(" ".join(left))))
        else:
            counts.append((edits(left, right), len(left)))
    table = np.array(counts, np.float64)
    draws = np.random.default_rng(0).integers(0, len(table), (2000, len(table)))
    samples = table[draws].sum(axis=1)
    low, high = np.quantile(samples[:, 0] / samples[:, 1], [0.025, 0.975])
    return Rate(table[:, 0].sum() / table[:, 1].sum(), low, high, int(table[:, 0].sum()), int(table[:, 1].sum()))
