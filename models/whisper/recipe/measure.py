"""Word error rates of exported folders on the sets that never train, as rows of the model card's table.

    python measure.py FOLDER [FOLDER ...]

Greedy, without a repetition guard, with the folder's own tail. Sets: the measuring comments (six voices that never train, texts that never train) at
16 kHz and over a telephone line, the validation comments, and the recordings of others below ../shared/data/audio that are not ours to train on.
"""
import argparse
import collections
import pathlib

import places
import sound
import speech
import wer
from hear import Ears

Clip = tuple[pathlib.Path, str, str]


def comments(name: str, telephone: bool = False) -> list[Clip]:
    """(file, text, voice)"""
    folder = places.CACHE / ("measure" if name == "measure" else f"speech/{name}")
    return [(folder / str(row["telephone" if telephone else "file"]), str(row["text"]), str(row["voice"])) for row in speech.read_manifest(folder)]


def listed(name: str) -> list[Clip]:
    """Recordings with a list of `file | text` beside them."""
    folder = places.SHARED / "data/audio" / name
    source = next(folder / file for file in ("transcript.txt", "test_sentences.txt") if (folder / file).exists())
    clips = []
    for line in source.read_text("utf8").splitlines():
        if "|" in line:
            file, text = (part.strip() for part in line.split("|", 1))
            clips.append((folder / (file if "." in file else f"{file}.wav"), text, name))
    return clips


SETS = {
    "comments, 16 kHz": lambda: comments("measure"),
    "comments, telephone": lambda: comments("measure", telephone=True),
    "talesyntese (natural prosody, synthetic)": lambda: listed("talesyntese"),
    "words (one human voice)": lambda: listed("words"),
}
GUARDS = {"validation comments": lambda: comments("validate"), **{name: SETS[name] for name in list(SETS)[2:]}}


def heard(ears: Ears, clips: list[Clip]) -> list[tuple[str, str, str]]:
    """(text, heard, voice)"""
    return [(text, ears.hear(sound.read(file)), voice) for file, text, voice in clips]


def by_voice(results: list[tuple[str, str, str]]) -> dict[str, wer.Rate]:
    groups: dict[str, list[tuple[str, str]]] = collections.defaultdict(list)
    for text, found, voice in results:
        groups[voice].append((text, found))
    return {voice: wer.rate(pairs) for voice, pairs in sorted(groups.items())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=pathlib.Path, nargs="+")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--guards", action="store_true", help="the sets that the mix is chosen on, instead of the measuring comments")
    arguments = parser.parse_args()
    for folder in arguments.folders:
        ears = Ears(folder, arguments.threads)
        for name, clips in (GUARDS if arguments.guards else SETS).items():
            results = heard(ears, clips())
            pairs = [(text, found) for text, found, _ in results]
            print(f"| {folder.name} | {name} | {wer.rate(pairs)} | {wer.rate(pairs, characters=True)} |", flush=True)
            if name.startswith("comments"):
                print("  " + ", ".join(f"{voice} {rate.value:.3f}" for voice, rate in by_voice(results).items()), flush=True)


if __name__ == "__main__":
    main()
