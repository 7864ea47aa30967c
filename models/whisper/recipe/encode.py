"""Encodes each training clip once, as far as the encoder stays as it is, and keeps the states: CACHE/states/<learning blocks>/*.npz, float16 [frames / 2, state].

Each clip comes twice: as it is but for the size of the voice, gain, room, noise and music; and over a telephone line. A tail of 0.3 to 2 s of silence
follows, as at run time. Beside them stand clips without a word, whose text is empty. Every clip's chances come from its name, so that an interrupted
run goes on where it stopped, and several may run side by side.

    python encode.py [--learning-blocks 2] [--speech FOLDER] [--part 0/2] [--follow HH:MM]     (--follow: waits for clips that speech.py still makes, until then)
"""
import argparse
import dataclasses
import datetime
import pathlib
import time
import zlib

import numpy as np
import torch

import line
import mel
import places
import sound
import source
import speech
import vocabulary
from export import trimmed_state
from model import Whisper

TAIL_S = (0.3, 2.0)
# How many of the encoder's blocks, counted from above, learn with the decoder.
LEARNING_BLOCKS = 2
WORDLESS = 400
# Of those: as many are scraps of speech.
SCRAPS = 160
LONGEST_S = 28
WAIT_S = 20


@dataclasses.dataclass(frozen=True)
class Clip:
    file: pathlib.Path
    """Its states."""
    source: pathlib.Path | None
    text: str
    on_line: bool

    @property
    def seed(self) -> int:
        return zlib.crc32(self.file.name.encode())


def states_folder(name: str, learning_blocks: int) -> pathlib.Path:
    return places.CACHE / "states" / f"{name}-{learning_blocks}"


def clips(folder: pathlib.Path, states: pathlib.Path, wordless: bool = True) -> list[Clip]:
    rows = speech.read_manifest(folder)
    made = [Clip(states / f"{pathlib.Path(str(row['file'])).stem}-{'line' if on_line else 'room'}.npz", folder / str(row["file"]), str(row["text"]), on_line)
            for row in rows for on_line in (False, True)]
    for i in range(WORDLESS if rows and wordless else 0):
        origin = folder / str(rows[i]["file"]) if i < min(SCRAPS, len(rows)) else None
        made.append(Clip(states / f"wordless-{i}.npz", origin, "", i % 2 == 0))
    return made


def samples_of(clip: Clip) -> np.ndarray:
    rng = np.random.default_rng(clip.seed)
    if clip.source is None:
        return line.wordless(rng)
    samples = sound.read(clip.source).numpy()
    return line.worn(samples if clip.text else line.scrap(samples, rng), rng, clip.on_line)


def encode(model: Whisper, clip: Clip, learning_blocks: int) -> None:
    samples = samples_of(clip)[: LONGEST_S * mel.RATE]
    tail_s = np.random.default_rng(clip.seed + 1).uniform(*TAIL_S)
    with torch.no_grad():
        x = model.encoder.stem(mel.log_mel(mel.with_tail(torch.from_numpy(samples), tail_s), model.dimensions.n_mels)[None])
        for block in model.encoder.blocks[: len(model.encoder.blocks) - learning_blocks]:
            x = block.feed(block.attend(x, causal=False))
    part = clip.file.with_suffix(".part")
    with open(part, "wb") as handle:
        np.savez(handle, states=x[0].half().numpy(), seconds=np.float32(len(samples) / mel.RATE))
    part.rename(clip.file)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--speech", type=pathlib.Path, default=places.CACHE / "speech/train")
    parser.add_argument("--from", dest="folder", type=pathlib.Path, help="a Hugging Face folder with another Whisper")
    parser.add_argument("--learning-blocks", type=int, default=LEARNING_BLOCKS, help="the encoder's upper blocks that will learn")
    parser.add_argument("--part", default="0/1")
    parser.add_argument("--follow")
    arguments = parser.parse_args()
    part, parts = map(int, arguments.part.split("/"))
    torch.set_num_threads(1 if parts > 1 else 2)
    state, file = source.load(arguments.folder)
    model = Whisper.of(trimmed_state(state, vocabulary.trim(file)))
    states = states_folder(arguments.speech.name, arguments.learning_blocks)
    states.mkdir(parents=True, exist_ok=True)
    while True:
        wordless = arguments.speech.name != "validate"
        missing = [clip for clip in clips(arguments.speech, states, wordless) if clip.seed % parts == part and not clip.file.exists()]
        ends = arguments.follow is None or datetime.datetime.now().strftime("%H:%M") >= arguments.follow
        print(f"{len(missing)} clips to encode", flush=True)
        for clip in missing:
            encode(model, clip, arguments.learning_blocks)
        if ends:
            return
        if not missing:
            time.sleep(WAIT_S)


if __name__ == "__main__":
    main()
