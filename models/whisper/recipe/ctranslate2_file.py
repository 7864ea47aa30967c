"""Reads a CTranslate2 model.bin, binary version 6, as its serializer writes it (OpenNMT/CTranslate2, specs/model_spec.py).

Little-endian: uint32 version; name and revision of the spec; uint32 count; for each variable its name, uint8 rank, uint32 dims, uint8 data type,
uint32 byte count, data; then aliases (pairs of names). A string is a uint16 length, which counts the closing zero, and the bytes.
"""
import pathlib
import struct

import numpy as np

_TYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
_SUPPORTED_VERSION = 6


class _Cursor:
    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)
        self._at = 0

    def take(self, size: int) -> memoryview:
        if self._at + size > len(self._data):
            raise ValueError(f"expected {size} bytes at {self._at}, the file ends at {len(self._data)}: a part is missing")
        self._at += size
        return self._data[self._at - size:self._at]

    def number(self, form: str) -> int:
        return int(struct.unpack("<" + form, self.take(struct.calcsize(form)))[0])

    def text(self) -> str:
        return bytes(self.take(self.number("H"))).rstrip(b"\0").decode("utf8")


def read_variables(parts: list[pathlib.Path]) -> dict[str, np.ndarray]:
    """All tensors of a model that is split in `parts`; aliases (tied weights) give the same array twice."""
    cursor = _Cursor(b"".join(part.read_bytes() for part in parts))
    version = cursor.number("I")
    if version != _SUPPORTED_VERSION:
        raise ValueError(f"expected CTranslate2 binary version {_SUPPORTED_VERSION}, got {version}")
    spec = cursor.text()
    if spec != "WhisperSpec":
        raise ValueError(f"expected a WhisperSpec, got {spec}")
    cursor.number("I")  # the spec's revision adds optional settings, not tensors
    variables: dict[str, np.ndarray] = {}
    for _ in range(cursor.number("I")):
        name = cursor.text()
        shape = [cursor.number("I") for _ in range(cursor.number("B"))]
        kind = _TYPES[cursor.number("B")]
        variables[name] = np.frombuffer(cursor.take(cursor.number("I")), kind).reshape(shape)
    for _ in range(cursor.number("I")):
        alias, name = cursor.text(), cursor.text()
        variables[alias] = variables[name]
    return variables
