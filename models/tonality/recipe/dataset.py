"""The labelled comments and their split by whole files. `python dataset.py` writes data/split.json anew, keeping what stands there."""

import json
import random
from dataclasses import dataclass
from pathlib import Path

from labels import AREAS, SERVICES, TONALITIES

DATA = Path(__file__).resolve().parent.parent / "data"
SPLIT = DATA / "split.json"
PARTS = ("train", "validation", "test")
SEED = 20261201
# Of the 14 files of a theme: two to choose by and calibrate on, one that nothing is ever chosen on.
VALIDATION_SHARE, TEST_SHARE = 2 / 14, 1 / 14
# Customers of other businesses: everything there is labelled `helhet`, so neither areas nor services are learnt from it.
WITHOUT_AREAS = ("andra-branscher", "recensioner")
# Written to fill what training lacks: comparable figures come from the other themes.
ONLY_TRAINING = ("gransfall-2", "vardag-3", "brusiga-2")
# `utan-asikt` says by its files' names what is kept apart; 04 sets the threshold.
FIXED = {"utan-asikt": {"validation": ["04.jsonl"], "test": ["dev-01.jsonl", "dev-02.jsonl"]}}


@dataclass(frozen=True)
class Comment:
    text: str
    tonality: int | None
    """None: the text judges nothing."""
    areas: tuple[int, ...] | None
    """For each area 0 (absent) or 1 + its tonality; None where areas are not annotated."""
    services: tuple[int, ...] | None
    theme: str


def key(text: str) -> str:
    """What two texts must share to count as the same."""
    return " ".join("".join(c if c.isalnum() else " " for c in text.lower()).split())


def read_file(path: Path) -> list[Comment]:
    theme = path.parent.name
    annotated = not theme.startswith(WITHOUT_AREAS)
    comments = []
    for number, line in enumerate(path.read_text("utf8").splitlines(), 1):
        row = json.loads(line)
        if row["tonality"] is not None and row["tonality"] not in TONALITIES:
            raise SystemExit(f"{path}:{number}: tonality is {row['tonality']!r}, expected one of {TONALITIES} or null")
        areas = tuple(1 + TONALITIES.index(row["aspects"][area]) if area in row["aspects"] else 0 for area in AREAS)
        services = tuple(int(service in row["services"]) for service in SERVICES)
        tonality = None if row["tonality"] is None else TONALITIES.index(row["tonality"])
        comments.append(Comment(row["text"], tonality, areas if annotated else None, services if annotated else None, theme))
    return comments


def parts_of(theme: str, files: list[str]) -> dict[str, list[str]]:
    """A split of one theme's files: at random with the fixed seed, but for the themes above."""
    if theme in ONLY_TRAINING:
        return {"train": files, "validation": [], "test": []}
    if theme in FIXED:
        apart = {name for part in FIXED[theme].values() for name in part}
        return {"train": [name for name in files if name not in apart], **FIXED[theme]}
    shuffled = random.Random(f"{SEED}/{theme}").sample(files, len(files))
    validation, test = round(len(files) * VALIDATION_SHARE), round(len(files) * TEST_SHARE)
    return {
        "train": sorted(shuffled[validation + test :]),
        "validation": sorted(shuffled[:validation]),
        "test": sorted(shuffled[validation : validation + test]),
    }


def write_split() -> None:
    themes = json.loads(SPLIT.read_text("utf8"))["themes"] if SPLIT.exists() else {}
    for folder in sorted(path for path in DATA.iterdir() if path.is_dir()):
        files = sorted(path.name for path in folder.glob("*.jsonl"))
        known = {name for part in themes.get(folder.name, {}).values() for name in part}
        if not known:
            themes[folder.name] = parts_of(folder.name, files)
        else:
            # Files that came later are only told of: what is trained with and what is kept apart stays as it was measured.
            fresh = sorted(set(files) - known)
            if fresh:
                themes[folder.name]["later"] = sorted([*themes[folder.name].get("later", []), *fresh])
    note = (
        "Whole files of each theme: train; validation (chosen and calibrated on); test (never trained, never chosen on); "
        "later (written after the shipped weights were trained: move them to train for the next ones)."
    )
    SPLIT.write_text(json.dumps({"note": note, "seed": SEED, "themes": themes}, indent=1, ensure_ascii=False) + "\n", "utf8")


def read_part(part: str, themes: tuple[str, ...] | None = None) -> list[Comment]:
    split = json.loads(SPLIT.read_text("utf8"))["themes"]
    return [
        comment
        for theme, parts in sorted(split.items())
        if themes is None or theme in themes
        for name in parts[part]
        for comment in read_file(DATA / theme / name)
    ]


def training_comments(extra: tuple[Path, ...] = ()) -> list[Comment]:
    """The training files and `extra` ones, each text once, without any text that is kept apart."""
    seen = {key(comment.text) for part in PARTS[1:] for comment in read_part(part)}
    comments = []
    for comment in read_part("train") + [comment for path in extra for comment in read_file(path)]:
        if key(comment.text) not in seen:
            seen.add(key(comment.text))
            comments.append(comment)
    return comments


if __name__ == "__main__":
    write_split()
    for part in PARTS:
        rows = read_part(part)
        print(part, len(rows), "comments,", sum(row.tonality is None for row in rows), "of them without an opinion")
