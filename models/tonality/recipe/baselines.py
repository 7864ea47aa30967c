"""What simpler means reach on the same comments. `python baselines.py --part validation`; lexicons and e5 need ../shared and the download."""

import argparse
import csv
import json
from pathlib import Path

import numpy as np
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from base_encoder import checked_wheel, read_base_encoder
from build import FOLDER, SHARED
from dataset import DATA, Comment, read_part, training_comments
from measure import macro_f1
from network import Classifier, Shape, from_base
from noise import plain
from train import encoded, padded
from vocabulary import trimmed


def lexicons() -> dict[str, dict[str, float]]:
    """Word -> score, from the lexicons that are at hand."""
    found = {}
    folder = SHARED / "data/lexicons"
    if folder.exists():
        rows = [line.rsplit("\t", 1) for line in (folder / "AFINN-sv-165.txt").read_text("utf8").splitlines() if "\t" in line]
        found["AFINN-sv-165"] = {word.strip().lower(): float(score) for word, score in rows}
        with (folder / "sentimentlex.csv").open(encoding="utf8", newline="") as file:
            found["sentimentlex"] = {row["word"].lower(): float(row["strength"] or 0) for row in csv.DictReader(file)}
    return found


def banded(training: np.ndarray, wanted: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Classes from a score by the two thresholds that are best on the training comments: negativ below, positiv above, else skeptisk."""
    grid = np.unique(np.quantile(training, np.linspace(0.02, 0.98, 33)))
    pairs = [(low, high) for low in grid for high in grid if low <= high]
    classes = [np.where(training > high, 0, np.where(training < low, 2, 1)) for low, high in pairs]
    low, high = pairs[int(np.argmax([macro_f1(wanted, one) for one in classes]))]
    return np.where(scores > high, 0, np.where(scores < low, 2, 1))


def pooled(model: Classifier, rows: list[list[int]]) -> np.ndarray:
    """The untuned encoder's sentence vectors, float32 [texts, hidden]."""
    model.eval()
    vectors = np.zeros((len(rows), model.shape.hidden), np.float32)
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for start in range(0, len(order), 64):
            chosen = order[start : start + 64]
            ids, mask = padded([rows[i] for i in chosen])
            x = model.embedded_norm(model.embedded(ids) + model.position[: ids.shape[1]])
            for layer in model.encoder:
                x = layer(x, (1.0 - mask[:, None, None, :].float()) * -10000.0)
            vectors[chosen] = model.pooled(x.float(), mask)[0].numpy()
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def encoder_vectors(scratch: Path, texts: list[str]) -> np.ndarray:
    base = read_base_encoder(checked_wheel(scratch))
    tokenizer, ids = trimmed(base, DATA, SHARED if SHARED.exists() else None)
    return pooled(from_base(base, ids, Shape(len(ids))), encoded(tokenizer, texts, 256))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--part", choices=("validation", "test"), default="validation")
    options.add_argument("--scratch", type=Path, default=FOLDER.parent / ".cache/tonality")
    chosen = options.parse_args()
    torch.set_num_threads(1)
    training, apart = judging(training_comments()), judging(read_part(chosen.part))
    wanted, truth = labels(training), labels(apart)
    texts, asked = [c.text for c in training], [c.text for c in apart]
    results = {"always the commonest class": np.full(len(apart), np.bincount(wanted).argmax())}
    for name, lexicon in lexicons().items():
        one, other = ([sum(lexicon.get(word, 0.0) for word in plain(text).split()) for text in group] for group in (texts, asked))
        results[f"lexicon {name}"] = banded(np.array(one), wanted, np.array(other))
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyzer = SentimentIntensityAnalyzer()
    one, other = ([analyzer.polarity_scores(text)["compound"] for text in group] for group in (texts, asked))
    results["vadersentiment-swedish"] = banded(np.array(one), wanted, np.array(other))
    words = make_pipeline(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(C=10, max_iter=1000, class_weight="balanced"))
    results["TF-IDF and logistic regression"] = words.fit(texts, wanted).predict(asked)
    vectors = encoder_vectors(chosen.scratch, texts + asked)
    linear = LogisticRegression(C=30, max_iter=3000, class_weight="balanced").fit(vectors[: len(texts)], wanted)
    results["untuned e5 and a linear head"] = linear.predict(vectors[len(texts) :])
    print(json.dumps({name: round(macro_f1(truth, got), 3) for name, got in results.items()}, indent=1, ensure_ascii=False))


def judging(comments: list[Comment]) -> list[Comment]:
    return [comment for comment in comments if comment.tonality is not None]


def labels(comments: list[Comment]) -> np.ndarray:
    return np.array([comment.tonality for comment in comments])


if __name__ == "__main__":
    main()
