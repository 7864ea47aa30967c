"""Makes greedy-text.json: what the reference implementation writes, greedily and without timestamps, for the recordings given.

    pip install openai-whisper==20250625
    npm run build && python greedy_text.py RECORDING...

The weights are those of the multilingual base model, read by models/whisper/recipe/source.py. Recordings are decoded by this project
(in dist/), so that its resampler, which is not the reference's, makes no difference: where a text is uncertain, the last bits of a sample
decide. They are named relative to the repository's root. test/model/golden.test.ts compares.
"""

import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, os.environ.get("WHISPER_RECIPE", str(ROOT / "models" / "whisper" / "recipe")))

import numpy as np  # noqa: E402
import source  # noqa: E402
import torch  # noqa: E402
import whisper  # noqa: E402
from verify import reference  # noqa: E402

DECODE = """
import { decodeAudio } from './dist/audio/decode.js';
const options = { maxDurationS: 30, ffmpegPath: 'ffmpeg' };
for await (const chunk of decodeAudio({ kind: 'file', path: process.argv[1] }, options)) process.stdout.write(Buffer.from(chunk.buffer));
"""


def read(file: pathlib.Path) -> torch.Tensor:
    decoded = subprocess.run(["node", "--input-type=module", "-e", DECODE, str(file)], cwd=ROOT, check=True, capture_output=True)
    return torch.from_numpy(np.frombuffer(decoded.stdout, np.float32).copy())


def main() -> None:
    state, _ = source.load()
    original = reference(state)
    recordings = []
    for name in sys.argv[1:]:
        file = pathlib.Path(name).resolve()
        mel = whisper.log_mel_spectrogram(whisper.pad_or_trim(read(file)))
        result = whisper.decode(original, mel, whisper.DecodingOptions(language="sv", fp16=False, without_timestamps=True))
        recordings.append({"file": os.path.relpath(file, ROOT), "text": result.text.strip(), "meanLogProbability": round(result.avg_logprob, 4)})
    output = pathlib.Path(__file__).with_name("greedy-text.json")
    content = {"reference": "openai-whisper 20250625, whisper.decode, base, sv, greedy, without timestamps", "recordings": recordings}
    output.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n")


if __name__ == "__main__":
    main()
