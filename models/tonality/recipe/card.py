"""Turns figures (JSON of evaluate.py) into the model card's tables and its calibration curve.

`python card.py --figures validation.json --svg models/tonality/calibration.svg`
"""

import argparse
import json
from pathlib import Path

SIDE, MARGIN = 260, 36


def curve(bins: list[dict[str, float]], error: float) -> str:
    """An SVG: what the model said against how often it was right, one dot for each tenth, its size by the number of comments."""
    total = sum(row["comments"] for row in bins)
    end = MARGIN + SIDE

    def place(said: float, right: float) -> tuple[float, float]:
        return MARGIN + SIDE * said, end - SIDE * right

    points = [(place(row["said"], row["right"]), row) for row in bins]
    dots = [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{3 + 12 * (row["comments"] / total) ** 0.5:.1f}" fill="#1f5f8b" fill-opacity="0.6">'
        f'<title>{row["comments"]} comments: said {row["said"]:.2f}, right {row["right"]:.2f}</title></circle>'
        for (x, y), row in points
    ]
    line = " ".join(f"{x:.1f},{y:.1f}" for (x, y), _ in points)
    labels = [f'<text x="{MARGIN + SIDE * t / 4:.0f}" y="{end + 14}" text-anchor="middle">{t * 25} %</text>' for t in range(5)]
    labels += [f'<text x="{MARGIN - 4}" y="{end - SIDE * t / 4 + 4:.0f}" text-anchor="end">{t * 25}</text>' for t in range(1, 5)]
    size = SIDE + 2 * MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" font-family="sans-serif" font-size="11" role="img">',
        f"<title>Calibration of the tonality on validation: expected error {error:.3f}</title>",
        f'<rect width="{size}" height="{size}" fill="white"/>',
        f'<path d="M{MARGIN} {MARGIN}V{end}H{end}" fill="none" stroke="#888"/>',
        f'<path d="M{MARGIN} {end}L{end} {MARGIN}" stroke="#bbb" stroke-dasharray="4 4"/>',
        f'<polyline points="{line}" fill="none" stroke="#1f5f8b"/>',
        *dots,
        *labels,
        f'<text x="{size / 2}" y="{size - 6}" text-anchor="middle">what the model said, against how often it was right</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def tables(figures: dict) -> str:
    low, high = figures["macro_f1_interval"]
    rows = [f"macro-F1 {figures['macro_f1']:.3f} ({low:.3f} to {high:.3f}), {figures['comments']} comments", "", "| | comments | precision | recall | F1 |"]
    rows += ["| --- | --- | --- | --- | --- |"]
    rows += [f"| {n} | {c['comments']} | {c['precision']:.3f} | {c['recall']:.3f} | {c['f1']:.3f} |" for n, c in figures["classes"].items()]
    rows += ["", "| area | comments | found F1 |", "| --- | --- | --- |"]
    rows += [f"| {name} | {area['comments']} | {area['f1']:.3f} |" for name, area in figures["areas"].items()]
    rows += ["", "| theme | comments | macro-F1 |", "| --- | --- | --- |"]
    rows += [f"| {name} | {theme['comments']} | {theme['macro_f1']:.3f} |" for name, theme in figures["themes"].items()]
    return "\n".join(rows)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--figures", type=Path, required=True)
    options.add_argument("--svg", type=Path)
    chosen = options.parse_args()
    figures = json.loads(chosen.figures.read_text("utf8"))
    if chosen.svg:
        chosen.svg.write_text(curve(figures["calibration"], figures["calibration_error"]), "utf8")
    print(tables(figures))


if __name__ == "__main__":
    main()
