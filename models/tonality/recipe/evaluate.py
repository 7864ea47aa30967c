"""Runs the shipped files (ONNX, tokenizer, config) over a part of the comments and prints the model card's figures.

`python evaluate.py --folder models/tonality --part validation [--json FILE] [--errors N]`
"""

import argparse
import json
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from dataset import Comment, read_file, read_part
from export import INPUTS, OUTPUTS
from labels import TONALITIES
from measure import Thresholds, arrays_of, report, softmax

# The order of the fields of Thresholds, as config.json names them.
CONFIG_KEYS = ("temperature", "areaTemperature", "areaThreshold", "serviceThreshold", "opinionThreshold", "uncertainBelow")


class Shipped:
    """The three files as the library reads them."""

    def __init__(self, folder: Path, threads: int = 1, model: str | None = None) -> None:
        self.config = json.loads((folder / "config.json").read_text("utf8"))
        self.thresholds = Thresholds(*(self.config[key] for key in CONFIG_KEYS))
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.session = onnxruntime.InferenceSession(str(folder / (model or "tonality.int8.onnx")), options)

    def logits(self, texts: list[str], batch: int = 1) -> dict[str, np.ndarray]:
        """Logits in the order of `texts`. In a batch of one there is no padding: int8 activations are scaled over a whole batch."""
        limit, pad = self.config["maxTokens"], self.config["padTokenId"]
        rows = [encoding.ids for encoding in self.tokenizer.encode_batch([self.config["prefix"] + text for text in texts])]
        rows = [row if len(row) <= limit else [*row[: limit - 1], row[-1]] for row in rows]
        order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
        found: list[list[np.ndarray]] = [[] for _ in rows]
        for start in range(0, len(order), batch):
            chosen = order[start : start + batch]
            ids = np.full((len(chosen), max(len(rows[i]) for i in chosen)), pad, np.int64)
            for k, i in enumerate(chosen):
                ids[k, : len(rows[i])] = rows[i]
            out = self.session.run(list(OUTPUTS), dict(zip(INPUTS, (ids, (ids != pad).astype(np.int64)))))
            for k, i in enumerate(chosen):
                found[i] = [value[k] for value in out]
        return {name: np.stack([row[n] for row in found]) for n, name in enumerate(OUTPUTS)}


def errors(out: dict[str, np.ndarray], comments: list[Comment], thresholds: Thresholds, count: int) -> list[str]:
    """The surest mistakes."""
    truth = arrays_of(comments)["tonality"]
    probabilities = softmax(out["tonality"] / thresholds.temperature)
    wrong = [i for i in range(len(comments)) if truth[i] >= 0 and probabilities[i].argmax() != truth[i]]
    wrong.sort(key=lambda i: -probabilities[i].max())
    return [
        f"{comments[i].theme}: {TONALITIES[truth[i]]}, not {TONALITIES[int(probabilities[i].argmax())]} ({probabilities[i].max():.2f}): {comments[i].text}"
        for i in wrong[:count]
    ]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--folder", type=Path, default=Path(__file__).resolve().parent.parent)
    options.add_argument("--part", choices=("validation", "test"), default="validation")
    options.add_argument("--files", type=Path, nargs="*", help="labelled JSONL files instead of a part")
    options.add_argument("--model", help="another file than tonality.int8.onnx in the folder")
    options.add_argument("--batch", type=int, default=1)
    options.add_argument("--errors", type=int, default=0)
    options.add_argument("--json", type=Path)
    chosen = options.parse_args()
    comments = [c for path in chosen.files for c in read_file(path)] if chosen.files else read_part(chosen.part)
    shipped = Shipped(chosen.folder, model=chosen.model)
    out = shipped.logits([comment.text for comment in comments], chosen.batch)
    figures = report(out, comments, shipped.thresholds)
    text = json.dumps(figures, indent=1, ensure_ascii=False)
    if chosen.json:
        chosen.json.write_text(text + "\n", "utf8")
    print(text)
    for line in errors(out, comments, shipped.thresholds, chosen.errors):
        print(line)


if __name__ == "__main__":
    main()
