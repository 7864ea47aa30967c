"""Where the recipe finds its inputs and keeps what it makes.

Everything that is generated (speech, cached encoder states, checkpoints) lies in one cache folder, which git ignores.
Environment variables move the folders, so that a large cache can live on another disk.
"""
import hashlib
import os
import pathlib

RECIPE = pathlib.Path(__file__).resolve().parent
REPOSITORY = RECIPE.parents[2]
CACHE = pathlib.Path(os.environ.get("WHISPER_CACHE", REPOSITORY / "models" / ".cache" / "whisper"))
SHARED = pathlib.Path(os.environ.get("TONALITET_SHARED", REPOSITORY.parent / "shared"))
OUTPUT = pathlib.Path(os.environ.get("WHISPER_OUTPUT", REPOSITORY / "models" / "whisper" / "base"))
FLOAT_OUTPUT = pathlib.Path(os.environ.get("WHISPER_FLOAT_OUTPUT", CACHE / "float32"))
KOKORO = pathlib.Path(os.environ.get("KOKORO", CACHE / "kokoro"))

HELD_OUT_SHARE = 0.1


def is_held_out(text: str) -> bool:
    """Whether a text is kept for measuring: a tenth of all texts, chosen by their hash, so that no list has to be kept."""
    digest = hashlib.sha256(" ".join(text.split()).lower().encode("utf8")).digest()
    return int.from_bytes(digest[:4], "big") / 2**32 < HELD_OUT_SHARE
