"""Speaks the texts of texts.py with Kokoro-82M (Apache-2.0); resumes where it stopped.

Four sets, each a folder with 16 kHz WAV files and a manifest.jsonl (file, text, voice, seconds):
measure   held-out comments by the six measuring voices, which nothing else may use; also as 8 kHz µ-law (measure/telephone)
validate  held-out texts by voices that neither train nor measure; they choose the checkpoint and the mix
judged    comments with their tonality, by the measuring voices; also as 8 kHz µ-law (see texts.judged_texts)
train     training texts by training voices and by blends of two of them, at different speeds

Usage: speech.py measure|validate|judged|train [--threads 1] [--until HH:MM] [--hours 4] [--part 0/2]   (parts may run side by side)
"""
import argparse
import datetime
import json
import pathlib
import random

import numpy as np
import numpy.typing as npt
import onnxruntime as ort
import scipy.signal
import soundfile

import phonemes
import places
import texts

KOKORO_RATE = 24_000
RATE = 16_000
VALIDATION_VOICES = ["af_nova", "am_echo", "bf_alice", "jf_nezumi", "zm_yunxi", "am_adam"]
# Voices with the accents of Europe stand closer to those who call a Swedish municipality than American or Asian ones.
FAVOURED = ("em_", "ef_", "pf_", "pm_", "ff_", "bf_", "bm_", "if_", "im_")
BATCH = 100

Audio = npt.NDArray[np.float32]


class Kokoro:
    """The speech model: phonemes, a style (one voice or a blend of two) and a speed in; sound at 24 kHz out."""

    def __init__(self, folder: pathlib.Path, threads: int) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        self._session = ort.InferenceSession(str(folder / "kokoro-v1.0.int8.onnx"), options, ["CPUExecutionProvider"])
        self._vocabulary: dict[str, int] = json.loads((folder / "vocab.json").read_text("utf8"))["vocab"]
        self._folder = folder
        self._limit: int = phonemes.load_speak().MAX_PHONEMES

    def _style(self, voice: str, length: int) -> Audio:
        """A voice is 'name' or 'name+name:share', the blend of two voices' style vectors."""
        parts, _, share = voice.partition(":")
        names = parts.split("+")
        tables = [np.fromfile(self._folder / "voices" / f"{name}.bin", np.float32).reshape(-1, 1, 256) for name in names]
        weights = [1.0] if len(names) == 1 else [float(share), 1 - float(share)]
        return sum(w * table[min(length, len(table) - 1)] for w, table in zip(weights, tables, strict=True)).astype(np.float32)

    def speak(self, ipa: str, voice: str, speed: float) -> Audio:
        ids = [self._vocabulary[c] for c in ipa if c in self._vocabulary][: self._limit]
        sound = self._session.run(None, {"tokens": np.array([[0, *ids, 0]], np.int64), "style": self._style(voice, len(ids)),
                                         "speed": np.array([speed], np.float32)})[0].ravel()
        return scipy.signal.resample_poly(sound, RATE, KOKORO_RATE).clip(-1, 1).astype(np.float32)


def plan(name: str) -> list[tuple[str, str, float]]:
    """(text, voice, speed) of every clip of a set, always the same."""
    speak = phonemes.load_speak()
    if name == "measure":
        return [(text, speak.VOICES[i % len(speak.VOICES)], 1.0) for i, text in enumerate(texts.measuring_texts())]
    if name == "judged":
        return [(judged.text, speak.VOICES[i % len(speak.VOICES)], 1.0) for i, judged in enumerate(texts.judged_texts())]
    if name == "validate":
        return [(text, VALIDATION_VOICES[i % len(VALIDATION_VOICES)], 1.0) for i, text in enumerate(texts.validation_texts())]
    rng = random.Random(11)
    reserved = set(speak.VOICES) | set(VALIDATION_VOICES)
    voices = [voice for voice in speak.TRAINING_VOICES if voice not in reserved]
    weights = [3 if voice.startswith(FAVOURED) else 1 for voice in voices]
    clips = []
    for text in texts.training_texts():
        first, second = rng.choices(voices, weights, k=2)
        voice = f"{first}+{second}:{rng.uniform(0.3, 0.7):.2f}" if rng.random() < 0.5 and first != second else first
        clips.append((text, voice, round(rng.uniform(0.85, 1.2), 2)))
    return clips


def read_manifest(folder: pathlib.Path) -> list[dict[str, object]]:
    file = folder / "manifest.jsonl"
    return [json.loads(line) for line in file.read_text("utf8").splitlines()] if file.exists() else []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", choices=("measure", "validate", "judged", "train"))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--until", help="stop at this time of day, HH:MM")
    parser.add_argument("--hours", type=float, default=4.0, help="stop when this much speech is there")
    parser.add_argument("--part", default="0/1", help="I/N: only each N-th clip, for N processes side by side")
    arguments = parser.parse_args()
    part, parts = map(int, arguments.part.split("/"))
    measures = arguments.set in ("measure", "judged")
    folder = places.CACHE / (arguments.set if measures else f"speech/{arguments.set}")
    folder.mkdir(parents=True, exist_ok=True)
    telephone = folder / "telephone"
    if measures:
        telephone.mkdir(exist_ok=True)
    verdicts = {judged.text: judged.tonality for judged in texts.judged_texts()} if arguments.set == "judged" else {}
    done = read_manifest(folder)
    names = {str(row["file"]) for row in done}
    seconds = sum(float(str(row["seconds"])) for row in done)
    kokoro = Kokoro(places.KOKORO, arguments.threads)
    clips = [(f"{i:05}.wav", *clip) for i, clip in enumerate(plan(arguments.set)) if f"{i:05}.wav" not in names and i % parts == part]
    with open(folder / "manifest.jsonl", "a", encoding="utf8") as manifest:
        for start in range(0, len(clips), BATCH):
            batch = clips[start:start + BATCH]
            for (file, text, voice, speed), ipa in zip(batch, phonemes.phonemes([clip[1] for clip in batch]), strict=True):
                if seconds > arguments.hours * 3600 or (arguments.until and datetime.datetime.now().strftime("%H:%M") >= arguments.until):
                    print(f"stopped with {seconds / 3600:.2f} h", flush=True)
                    return
                sound = kokoro.speak(ipa, voice, speed)
                soundfile.write(folder / file, sound, RATE, subtype="PCM_16")
                row: dict[str, object] = {"file": file, "text": text, "voice": voice, "speed": speed, "seconds": round(len(sound) / RATE, 2)}
                if text in verdicts:
                    row["tonality"] = verdicts[text]
                if measures:
                    soundfile.write(telephone / file, scipy.signal.resample_poly(sound, 1, 2).clip(-1, 1), RATE // 2, subtype="ULAW")
                    row["telephone"] = f"telephone/{file}"
                manifest.write(json.dumps(row, ensure_ascii=False) + "\n")
                manifest.flush()
                seconds += len(sound) / RATE
            print(f"{start + len(batch)} of {len(clips)} clips, {seconds / 3600:.2f} h", flush=True)


if __name__ == "__main__":
    main()
