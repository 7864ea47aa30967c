"""Mixes the original's weights with tuned ones, measures each mix on the guard sets, and draws the curve: CACHE/mix/*, models/whisper/mix.svg.

    python mix.py [--epochs 2 3] [--shares 0 0.5 0.7 0.85 1] [--threads 2]

The sets (measure.py --guards) choose the share; the measuring comments choose nothing. Each mix is exported as it would ship (int8) and heard greedy,
without a guard against repetition, behind the shipped tail. What was measured is kept, so that an interrupted run goes on.
"""
import argparse
import json
import pathlib

import torch

import build
import measure
import places
import source
import tune
import vocabulary
import wer
from export import export, trimmed_state
from hear import Ears

FOLDER = places.CACHE / "mix"
PICTURE = places.REPOSITORY / "models" / "whisper" / "mix.svg"
WIDTH, HEIGHT, LEFT, TOP, BOTTOM, RIGHT = 760, 360, 56, 44, 48, 250
# Told apart by their dashes and their labels, not by colour alone.
LINES = [("#1b4f9c", ""), ("#8a4b08", "7 4"), ("#3c6e3c", "2 4")]


def measured(name: str, epoch: int, share: float, threads: int) -> dict[str, float]:
    kept = FOLDER / f"{name}.json"
    if not kept.exists():
        state, file = source.load()
        trimmed = vocabulary.trim(file)
        state = trimmed_state(state, trimmed)
        if share > 0:
            state = build.mixed(state, torch.load(tune.FOLDER / f"epoch-{epoch}.pt", weights_only=True), share)
        export(state, trimmed, file, FOLDER / name, name=build.NAME, version=build.VERSION, tail_s=build.TAIL_S, int8=True)
        ears = Ears(FOLDER / name, threads)
        rates = {}
        for guard, clips in measure.GUARDS.items():
            pairs = [(text, found) for text, found, _ in measure.heard(ears, clips())]
            rates[guard] = wer.rate(pairs).value
            rates[f"{guard}, characters"] = wer.rate(pairs, characters=True).value
        kept.write_text(json.dumps(rates, ensure_ascii=False, indent=1), "utf8")
    return json.loads(kept.read_text("utf8"))


def picture(curve: list[tuple[float, dict[str, float]]], epoch: int) -> str:
    """WER against the share of the tuned weights, a line a guard set, cut at 1."""
    width, height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def at(share: float, rate: float) -> str:
        return f"{LEFT + share * width:.1f},{TOP + (1 - min(rate, 1)) * height:.1f}"
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13" role="img">',
             f"<title>Word error rate against the share of the tuned weights, epoch {epoch}</title>", f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
             f'<text x="{LEFT}" y="22" font-weight="bold">Word error rate on the guard sets, by the share of the tuned weights</text>']
    for step in range(6):
        y = TOP + (1 - step / 5) * height
        parts.append(f'<path d="M{LEFT} {y:.1f}h{width}" stroke="#ddd"/><text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{step / 5:.1f}</text>')
    parts += [f'<text x="{LEFT + share * width:.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{share:g}</text>' for share, _ in curve]
    parts.append(f'<text x="{LEFT + width / 2}" y="{HEIGHT - 10}" text-anchor="middle">share of the tuned weights (0: the original; 1: tuned alone)</text>')
    labelled: list[float] = []
    for (colour, dashes), guard in zip(LINES, measure.GUARDS, strict=True):
        points = " ".join(at(share, rates[guard]) for share, rates in curve)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.5" stroke-dasharray="{dashes}"/>')
        parts += [f'<circle cx="{at(share, rates[guard]).split(",")[0]}" cy="{at(share, rates[guard]).split(",")[1]}" r="3.5" fill="{colour}"/>' for share, rates in curve]
        y = TOP + (1 - min(curve[-1][1][guard], 1)) * height + 4
        while any(abs(y - other) < 16 for other in labelled):
            y += 4
        labelled.append(y)
        parts.append(f'<text x="{LEFT + width + 10}" y="{y:.1f}" fill="{colour}">{guard}</text>')
    return "\n".join([*parts, "</svg>", ""])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, nargs="+", default=[tune.Plan.epochs])
    parser.add_argument("--shares", type=float, nargs="+", default=[0, 0.5, 0.7, 0.85, 1])
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for epoch in arguments.epochs:
        curve = []
        for share in sorted(arguments.shares):
            name = "original" if share == 0 else f"epoch-{epoch}-share-{share:g}"
            rates = measured(name, epoch, share, arguments.threads)
            curve.append((share, rates))
            print(f"| {share:g}, epoch {epoch} | {' | '.join(f'{rates[guard]:.3f}' for guard in rates)} |", flush=True)
        if epoch == arguments.epochs[-1]:
            PICTURE.write_text(picture(curve, epoch), "utf8")


if __name__ == "__main__":
    main()
