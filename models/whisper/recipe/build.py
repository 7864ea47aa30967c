"""Makes models/whisper/base from nothing: source, speech, tuning, mix, trimming, int8.

    python build.py [--original] [--from HUGGING_FACE_FOLDER] [--mix 1] [--hours 2.5] [--epochs 3] [--take 2]

Every step keeps what it made in the cache folder (places.py), and goes on from there after an interruption. `--original` exports the source's weights
untuned. `--take` is the epoch whose weights are taken: the third knew its texts by heart. `--mix` is the share of the tuned weights, the rest is the original's: less of it keeps more of what the original knew.
"""
import argparse
import pathlib
import subprocess
import sys

import torch

import places
import source
import tune
import vocabulary
from export import alignment_heads, export, trimmed_state
from model import Dimensions
from source import State

NAME = "whisper-base"
VERSION = "1.2.0"
ORIGINAL_VERSION = "1.0.0"
TAIL_S = 1.0
# Untuned, Whisper repeats itself without end behind a short tail.
ORIGINAL_TAIL_S = 5.0


def _run(script: str, *options: str) -> None:
    subprocess.run([sys.executable, str(places.RECIPE / script), *options], check=True)


def mixed(original: State, tuned: State, share: float) -> State:
    return {name: tensor.float() * (1 - share) + tuned[name].float() * share for name, tensor in original.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--original", action="store_true")
    parser.add_argument("--from", dest="folder", type=pathlib.Path, help="a Hugging Face folder with another Whisper")
    parser.add_argument("--name", default=NAME)
    parser.add_argument("--mix", type=float, default=1.0)
    parser.add_argument("--hours", type=float, default=2.5, help="hours of speech to make for training")
    parser.add_argument("--epochs", type=int, default=tune.Plan.epochs)
    parser.add_argument("--take", type=int, default=2, help="the epoch whose weights are taken")
    parser.add_argument("--tail", type=float, help="seconds of silence behind the speech")
    parser.add_argument("--output", type=pathlib.Path, default=places.OUTPUT)
    arguments = parser.parse_args()
    state, tokenizer = source.load(arguments.folder)
    trimmed = vocabulary.trim(tokenizer)
    state = trimmed_state(state, trimmed)
    version, tail_s = ORIGINAL_VERSION, ORIGINAL_TAIL_S
    if not arguments.original:
        if not (places.KOKORO / "voices").exists():
            subprocess.run([sys.executable, str(places.SHARED / "tools/speak.py"), "setup", str(places.KOKORO)], check=True)
        for name in ("measure", "validate"):
            _run("speech.py", name)
        _run("speech.py", "train", "--hours", str(arguments.hours))
        source_options = ["--from", str(arguments.folder)] if arguments.folder else []
        _run("encode.py", *source_options)
        _run("encode.py", "--speech", str(places.CACHE / "speech/validate"), *source_options)
        _run("tune.py", "--epochs", str(arguments.epochs), *source_options)
        tuned = torch.load(tune.FOLDER / f"epoch-{min(arguments.take, arguments.epochs)}.pt", weights_only=True)
        state, version, tail_s = mixed(state, tuned, arguments.mix), VERSION, TAIL_S
    tail_s = tail_s if arguments.tail is None else arguments.tail
    heads = alignment_heads(Dimensions.of(state), arguments.folder)
    for folder, int8 in ((arguments.output, True), (places.FLOAT_OUTPUT, False)):
        export(state, trimmed, tokenizer, folder, name=arguments.name, version=version, tail_s=tail_s, int8=int8, heads=heads)
        print(f"{folder}: {sum(file.stat().st_size for file in folder.iterdir()) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
