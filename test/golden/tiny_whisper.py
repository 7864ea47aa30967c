"""Makes tiny-whisper/: one Whisper with random weights in both layouts that are read, this project's (own/) and that of hubs (hub/).

    pip install -r models/whisper/recipe/requirements.txt
    python test/golden/tiny_whisper.py

It hears one second, with two heads of eight; its vocabulary is the bytes' letters, the special tokens and a second's timestamps.
test/transcription/hub-model.test.ts holds the two loaders against each other.
"""

import json
import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, os.environ.get("WHISPER_RECIPE", str(ROOT / "models" / "whisper" / "recipe")))

import export  # noqa: E402
import hub_layout  # noqa: E402
import numpy as np  # noqa: E402
import onnx  # noqa: E402
from model import Dimensions  # noqa: E402

FOLDER = ROOT / "test" / "golden" / "tiny-whisper"
HEAD = 8
PLACES = 50
LETTERS = "abcdefghijklmnopqrstuvwxyzåäö"
SPECIAL = ["<|endoftext|>", "<|startoftranscript|>", "<|sv|>", "<|transcribe|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"]
TIMESTAMPS = [f"<|{step * 0.02:.2f}|>" for step in range(PLACES + 1)]


def byte_letters() -> dict[str, int]:
    """The letters as byte-level tokenizers write them: å, ä and ö are two bytes each."""
    signs = ["Ġ", *LETTERS[:26], "Ã", "¥", "¤", "¶"]
    return {sign: index for index, sign in enumerate(signs)}


def weights(d: Dimensions, random: np.random.Generator) -> export.Arrays:
    arrays: export.Arrays = {}

    def put(name: str, *shape: int, scale: float = 0.5) -> None:
        arrays[name] = random.normal(0, scale, shape).astype(np.float32)

    def block(name: str, cross: bool) -> None:
        for part in ("attn", "cross_attn") if cross else ("attn",):
            for kind in ("query", "key", "value", "out"):
                put(f"{name}.{part}.{kind}.weight", d.n_state, d.n_state)
                if kind != "key":
                    put(f"{name}.{part}.{kind}.bias", d.n_state)
            norm(f"{name}.{part}_ln")
        norm(f"{name}.mlp_ln")
        for layer, (rows, columns) in (("0", (2 * d.n_state, d.n_state)), ("2", (d.n_state, 2 * d.n_state))):
            put(f"{name}.mlp.{layer}.weight", rows, columns)
            put(f"{name}.mlp.{layer}.bias", rows)

    def norm(name: str) -> None:
        arrays[f"{name}.weight"] = random.uniform(0.5, 1.5, d.n_state).astype(np.float32)
        put(f"{name}.bias", d.n_state)

    put("encoder.conv1.weight", d.n_state, d.n_mels, 3, scale=0.1)
    put("encoder.conv1.bias", d.n_state)
    put("encoder.conv2.weight", d.n_state, d.n_state, 3)
    put("encoder.conv2.bias", d.n_state)
    put("encoder.positional_embedding", d.n_audio_ctx, d.n_state)
    for side, layers in (("encoder", d.n_layer_encoder), ("decoder", d.n_layer_decoder)):
        for layer in range(layers):
            block(f"{side}.blocks.{layer}", side == "decoder")
    norm("encoder.ln_post")
    put("decoder.token_embedding.weight", d.n_vocab, d.n_state, scale=1)
    put("decoder.positional_embedding", d.n_text_ctx, d.n_state, scale=1)
    norm("decoder.ln")
    return arrays


def main() -> None:
    export.HEAD = HEAD
    letters = byte_letters()
    special = {name: len(letters) + index for index, name in enumerate([*SPECIAL, *TIMESTAMPS])}
    d = Dimensions(n_mels=80, n_audio_ctx=PLACES, n_state=2 * HEAD, n_head=2, n_layer_encoder=1, n_layer_decoder=2, n_vocab=len(letters) + len(special), n_text_ctx=32)
    a = weights(d, np.random.default_rng(7))
    added = [{"id": index, "content": name, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True} for name, index in special.items()]
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    tokenizer = {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": None, "pre_tokenizer": level, "post_processor": None, "decoder": level,
        "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None, "fuse_unk": False, "vocab": letters, "merges": []},
    }
    own, hub = FOLDER / "own", FOLDER / "hub"
    for folder in (own, hub):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False) + "\n", "utf8")
    never = [letters["q"], letters["x"], *(special[name] for name in SPECIAL[1:])]
    at_begin = [letters["Ġ"], special["<|endoftext|>"]]
    for build, name in ((export.encoder, "encoder"), (export.decoder, "decoder")):
        onnx.save(build(a, d, False, 8), own / f"{name}.onnx")
    config = {
        "format": 1, "name": "tiny-whisper", "version": "1", "nMels": d.n_mels, "layers": d.n_layer_decoder, "heads": d.n_head, "headSize": HEAD,
        "vocabularySize": d.n_vocab, "maxTokens": d.n_text_ctx, "maxFrames": 2 * PLACES, "tailS": 1,
        "tokens": {"startOfTranscript": special["<|startoftranscript|>"], "endOfText": special["<|endoftext|>"], "transcribe": special["<|transcribe|>"],
                   "noTimestamps": special["<|notimestamps|>"], "noSpeech": special["<|nospeech|>"], "startOfPrevious": special["<|startofprev|>"],
                   "timestampBegin": special["<|0.00|>"], "language": special["<|sv|>"]},
        "suppress": never, "suppressAtBegin": at_begin, "files": {"encoder": "encoder.onnx", "decoder": "decoder.onnx", "tokenizer": "tokenizer.json"},
    }
    (own / "config.json").write_text(json.dumps(config, indent=2) + "\n", "utf8")
    hub_layout.write_graphs(a, d, hub)
    hub_layout.write_configs(d, special, never, at_begin, hub)
    for folder in (own, hub):
        print(f"{folder.name}: {sum(file.stat().st_size for file in folder.rglob('*') if file.is_file()) / 1000:.0f} kB")


if __name__ == "__main__":
    main()
