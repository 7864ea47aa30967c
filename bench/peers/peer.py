"""Runs a peer in Python for run.mjs: one JSON line with clips in ({"clips": [wav paths]}), one with texts and seconds out.

    python peer.py faster-whisper|faster-whisper-beam|whisper.cpp-q8_0|whisper.cpp-q5_0 WEIGHTS THREADS
"""
import json
import pathlib
import sys
import time
from collections.abc import Callable

import numpy as np
import soundfile

Hear = Callable[[np.ndarray], str]


def faster_whisper(weights: pathlib.Path, threads: int, beam: bool) -> Hear:
    from faster_whisper import WhisperModel
    model = WhisperModel(str(weights / "ctranslate2"), device="cpu", compute_type="int8", cpu_threads=threads)
    # Greedy: one pass. With beam: as the original, five beams, and higher temperatures where the result looks wrong.
    how = {"beam_size": 5} if beam else {"beam_size": 1, "temperature": 0.0, "without_timestamps": True}

    def hear(samples: np.ndarray) -> str:
        segments, _ = model.transcribe(samples, language="sv", condition_on_previous_text=False, **how)
        return " ".join(segment.text.strip() for segment in segments)
    return hear


def whisper_cpp(weights: pathlib.Path, threads: int, kind: str) -> Hear:
    from pywhispercpp.model import Model
    model = Model(str(weights / f"ggml-{kind}.bin"), n_threads=threads, language="sv", print_progress=False, print_realtime=False, no_context=True,
                  redirect_whispercpp_logs_to=None)

    def hear(samples: np.ndarray) -> str:
        # It gives nothing for less than a second.
        padded = np.pad(samples, (0, max(0, 16_640 - len(samples))))
        return " ".join(segment.text.strip() for segment in model.transcribe(padded))
    return hear


def main() -> None:
    name, weights, threads = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
    hear = faster_whisper(weights, threads, name.endswith("beam")) if name.startswith("faster") else whisper_cpp(weights, threads, name.split("-")[1])
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        clips = [soundfile.read(path, dtype="float32")[0] for path in json.loads(line)["clips"]]
        started = time.perf_counter()
        texts = [hear(clip) for clip in clips]
        print(json.dumps({"seconds": time.perf_counter() - started, "texts": texts}), flush=True)


if __name__ == "__main__":
    main()
