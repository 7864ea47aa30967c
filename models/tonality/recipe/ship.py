"""Writes the three files that the library reads: tonality.int8.onnx, tokenizer.json and config.json, with thresholds set on validation."""

import json
from pathlib import Path

from tokenizers import Tokenizer

from dataset import Comment
from evaluate import CONFIG_KEYS, Shipped
from export import export_float, export_int8
from labels import AREAS, SERVICES, TONALITIES
from measure import Thresholds, fitted
from network import Classifier
from train import PAD, PREFIX

VERSION = "1.0.0"
FILES = {"model": "tonality.int8.onnx", "tokenizer": "tokenizer.json"}


def config_of(thresholds: Thresholds, version: str) -> dict:
    return {
        "format": 1,
        "name": "tonality",
        "version": version,
        "maxTokens": 256,
        "prefix": PREFIX,
        "padTokenId": PAD,
        **dict(zip(CONFIG_KEYS, vars(thresholds).values())),
        "labels": {"tonality": list(TONALITIES), "areas": list(AREAS), "services": list(SERVICES)},
        "files": FILES,
    }


def ship(model: Classifier, tokenizer: Tokenizer, validation: list[Comment], folder: Path, scratch: Path, version: str = VERSION) -> Thresholds:
    """Exports, then measures the int8 model itself one comment at a time, as it is used, to set temperatures and thresholds."""
    folder.mkdir(parents=True, exist_ok=True)
    export_float(model, scratch / "tonality.float.onnx")
    export_int8(scratch / "tonality.float.onnx", folder / FILES["model"])
    tokenizer.save(str(folder / FILES["tokenizer"]), pretty=False)
    write_config(folder, Thresholds(1.0, 1.0, 0.5, 0.5, 0.5, 0.6), version)
    shipped = Shipped(folder)
    thresholds = fitted(shipped.logits([comment.text for comment in validation]), validation)
    write_config(folder, thresholds, version)
    return thresholds


def write_config(folder: Path, thresholds: Thresholds, version: str) -> None:
    text = json.dumps(config_of(thresholds, version), indent=1, ensure_ascii=False)
    (folder / "config.json").write_text(text + "\n", "utf8")
