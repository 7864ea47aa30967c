"""Makes log-mel.json: Whisper's input for a made-up signal, by the reference implementation.

    pip download --no-deps --no-binary :all: openai-whisper==20250625 && tar xzf openai_whisper-20250625.tar.gz
    python log_mel.py openai_whisper-20250625/whisper

Needs numpy and torch. Only the reference's audio module is loaded, so that its other dependencies need not be there.
"""

import importlib
import json
import pathlib
import sys
import types

import numpy as np

SECONDS = 3
PADDING_S = 1


def signal() -> np.ndarray:
    """A sweep that swells, a low hum, and a click; test/model and test/transcription make the same."""
    n = np.arange(SECONDS * 16_000, dtype=np.float64)
    t = n / 16_000
    sweep = 0.4 * np.sin(2 * np.pi * (80 * t + 600 * t * t)) * np.sin(np.pi * t / SECONDS)
    hum = 0.02 * np.sin(2 * np.pi * 50 * t)
    click = np.where((n >= 30_000) & (n < 30_008), 0.8, 0.0)
    return (sweep + hum + click).astype(np.float32)


def main() -> None:
    package = types.ModuleType("whisper")
    package.__path__ = [str(pathlib.Path(sys.argv[1]).resolve())]
    sys.modules["whisper"] = package
    audio = importlib.import_module("whisper.audio")
    result = {"reference": "openai-whisper 20250625, whisper.audio.log_mel_spectrogram", "frames": (SECONDS + PADDING_S) * 100, "bands": {}}
    rng = np.random.default_rng(1)
    for bands in (80, 128):
        mel = audio.log_mel_spectrogram(signal(), bands, padding=PADDING_S * 16_000).numpy()
        assert mel.shape == (bands, result["frames"]), mel.shape
        # The edges, where padding matters, and a thousand places anywhere.
        places = [(b, f) for b in range(0, bands, 9) for f in (0, 1, 2, 297, 298, 299, 300, 301, 302, 399)]
        places += [(int(b), int(f)) for b, f in zip(rng.integers(0, bands, 1_000), rng.integers(0, result["frames"], 1_000))]
        result["bands"][str(bands)] = [[b, f, round(float(mel[b, f]), 6)] for b, f in places]
    output = pathlib.Path(__file__).with_name("log-mel.json")
    output.write_text(json.dumps(result, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
