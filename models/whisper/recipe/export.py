"""Writes a state dict as the folder that the runtime reads: config.json, tokenizer.json, encoder and decoder in ONNX.

encoder   mel float32 [batch, mels, frames] -> cross_key_i, cross_value_i float32 [batch, heads, frames / 2, 64], one pair a decoder layer
decoder   tokens int64 [batch, n], position int64 [1] (of the first token), cross_mask float32 [batch, 1, 1, frames / 2] (0 or -1e9),
          cross_key_i, cross_value_i, self_key_i, self_value_i float32 [batch, heads, past, 64]
          -> logits float32 [batch, vocabulary] of the last position, present_key_i, present_value_i, and of the layers that follow the sound
          (config.json: alignmentHeads) cross_query_i float32 [batch, n, state], heads side by side, scaled: times cross_key_i it gives where in the
          sound each token looks. The graph computes it anyway, so that it costs nothing where nobody asks for it.
The keys and values of the cross-attention are computed once, in the encoder. Convolutions and attention stay float; embedding
and output layer share one int8 table.
"""
import json
import pathlib

import numpy as np
import onnx
from onnx import TensorProto
from tokenizers import Tokenizer
from torch import Tensor

from graph import FUSED, Graph
from model import Dimensions
from vocabulary import Trimmed, suppressed

HEAD = 64
PRODUCER = "tonalitet models/whisper/recipe"
FORMAT = 1

Arrays = dict[str, np.ndarray]
# (layer, head) of the decoder
Heads = list[tuple[int, int]]

# Whisper base's heads that follow the sound word by word, as its authors chose them (generation_config.json of the published model).
BASE_ALIGNMENT_HEADS: Heads = [(3, 1), (4, 2), (4, 3), (4, 7), (5, 1), (5, 2), (5, 4), (5, 6)]


def alignment_heads(d: Dimensions, folder: pathlib.Path | None = None) -> Heads:
    """Those that a Hugging Face folder names; Whisper base's; else all of the upper half, among which such heads are."""
    published = folder / "generation_config.json" if folder else None
    named = json.loads(published.read_text("utf8")).get("alignment_heads") if published and published.exists() else None
    if named:
        return [(int(layer), int(head)) for layer, head in named]
    if (d.n_layer_decoder, d.n_head) == (6, 8):
        return BASE_ALIGNMENT_HEADS
    return [(layer, head) for layer in range(d.n_layer_decoder // 2, d.n_layer_decoder) for head in range(d.n_head)]


def _heads(g: Graph, x: str, heads: int) -> str:
    """[batch, n, state] -> [batch, heads, n, 64]"""
    return g.op("Transpose", g.op("Reshape", x, g.constant([0, 0, heads, HEAD])), perm=[0, 2, 1, 3])


def _attend(g: Graph, query: str, keys: str, values: str, mask: str) -> str:
    """Scaled attention; the query is scaled in its weights already. -> [batch, n, state]"""
    scores = g.op("Add", g.op("MatMul", query, g.op("Transpose", keys, perm=[0, 1, 3, 2])), mask)
    mixed = g.op("Transpose", g.op("MatMul", g.op("Softmax", scores, axis=-1), values), perm=[0, 2, 1, 3])
    return g.op("Reshape", mixed, g.constant([0, 0, -1]))


def _linear(g: Graph, x: str, a: Arrays, name: str) -> str:
    return g.linear(x, name, a[f"{name}.weight"], a.get(f"{name}.bias"))


def _query_key_value(g: Graph, x: str, a: Arrays, name: str) -> list[str]:
    """One matrix for all three, each [batch, n, state]; 1/sqrt(64) goes into the query's rows."""
    factor = HEAD ** -0.5
    weight = np.concatenate([a[f"{name}.query.weight"] * factor, a[f"{name}.key.weight"], a[f"{name}.value.weight"]])
    bias = np.concatenate([a[f"{name}.query.bias"] * factor, np.zeros_like(a[f"{name}.query.bias"]), a[f"{name}.value.bias"]])
    stacked = g.linear(x, f"{name}.qkv", weight, bias)
    return g.ops("Split", stacked, outputs=3, axis=-1, num_outputs=3)


def _norm(g: Graph, x: str, a: Arrays, name: str) -> str:
    return g.norm(x, name, a[f"{name}.weight"], a[f"{name}.bias"])


def _feed(g: Graph, x: str, a: Arrays, block: str) -> str:
    hidden = g.op("Gelu", _linear(g, _norm(g, x, a, f"{block}.mlp_ln"), a, f"{block}.mlp.0"))
    return g.op("Add", x, _linear(g, hidden, a, f"{block}.mlp.2"))


def encoder(a: Arrays, d: Dimensions, int8: bool, weight_bits: int) -> onnx.ModelProto:
    g = Graph("encoder", int8, weight_bits)
    x = g.input("mel", ["batch", d.n_mels, "frames"])
    for name, stride in (("encoder.conv1", 1), ("encoder.conv2", 2)):
        x = g.op("Gelu", g.op("Conv", x, g.constant(a[f"{name}.weight"], f"{name}.weight"), g.constant(a[f"{name}.bias"], f"{name}.bias"),
                              kernel_shape=[3], pads=[1, 1], strides=[stride]))
    x = g.op("Transpose", x, perm=[0, 2, 1])
    length = g.op("Slice", g.op("Shape", x), g.constant([1]), g.constant([2]))
    positions = g.op("Slice", g.constant(a["encoder.positional_embedding"], "encoder.positions"), g.constant([0]), length, g.constant([0]))
    x = g.op("Add", x, positions)
    for layer in range(d.n_layer_encoder):
        block = f"encoder.blocks.{layer}"
        query, keys, values = _query_key_value(g, _norm(g, x, a, f"{block}.attn_ln"), a, f"{block}.attn")
        # One operator, which never holds the whole table of scores: with 30 s of speech the peak is 217 MB instead of 482.
        mixed = g.op("MultiHeadAttention", query, keys, values, domain=FUSED, num_heads=d.n_head, scale=1.0)
        x = g.op("Add", x, _linear(g, mixed, a, f"{block}.attn.out"))
        x = _feed(g, x, a, block)
    x = _norm(g, x, a, "encoder.ln_post")
    shape: list[int | str] = ["batch", d.n_head, "encoded", HEAD]
    for layer in range(d.n_layer_decoder):
        for kind in ("key", "value"):
            g.output(_heads(g, _linear(g, x, a, f"decoder.blocks.{layer}.cross_attn.{kind}"), d.n_head), f"cross_{kind}_{layer}", shape)
    return g.model(PRODUCER)


def decoder(a: Arrays, d: Dimensions, int8: bool, weight_bits: int, following: frozenset[int] = frozenset()) -> onnx.ModelProto:
    """`following`: layers whose queries to the sound are given as well."""
    g = Graph("decoder", int8, weight_bits)
    tokens = g.input("tokens", ["batch", "n"], TensorProto.INT64)
    position = g.input("position", [1], TensorProto.INT64)
    cross_mask = g.input("cross_mask", ["batch", 1, 1, "encoded"])
    cross: list[tuple[str, str]] = []
    past: list[tuple[str, str]] = []
    for layer in range(d.n_layer_decoder):
        cross.append((g.input(f"cross_key_{layer}", ["batch", d.n_head, "encoded", HEAD]), g.input(f"cross_value_{layer}", ["batch", d.n_head, "encoded", HEAD])))
    for layer in range(d.n_layer_decoder):
        past.append((g.input(f"self_key_{layer}", ["batch", d.n_head, "past", HEAD]), g.input(f"self_value_{layer}", ["batch", d.n_head, "past", HEAD])))
    table = a["decoder.token_embedding.weight"]
    if int8:
        rows, scale = g.quantize_rows(table)
        rows_name, scale_name = g.constant(rows, "embedding_int8"), g.constant(scale, "embedding_scale")
        embedded = g.op("Mul", g.op("Cast", g.op("Gather", rows_name, tokens), to=TensorProto.FLOAT),
                        g.op("Unsqueeze", g.op("Gather", scale_name, tokens), g.constant([-1])))
    else:
        rows_name = g.constant(table, "embedding")
        embedded = g.op("Gather", rows_name, tokens)
    n = g.op("Slice", g.op("Shape", tokens), g.constant([1]), g.constant([2]))
    end = g.op("Add", position, n)
    positions = g.op("Slice", g.constant(a["decoder.positional_embedding"], "decoder.positions"), position, end, g.constant([0]))
    x = g.op("Add", embedded, positions)
    # Key j is hidden from query i of the prompt when j > past + i.
    past_length = g.op("Squeeze", g.op("Slice", g.op("Shape", past[0][0]), g.constant([2]), g.constant([3])), g.constant([0]))
    count = g.op("Squeeze", n, g.constant([0]))
    total = g.op("Add", past_length, count)
    zero, one = g.constant(0), g.constant(1)
    queries = g.op("Unsqueeze", g.op("Range", past_length, total, one), g.constant([1]))
    visible = g.op("LessOrEqual", g.op("Unsqueeze", g.op("Range", zero, total, one), g.constant([0])), queries)
    causal = g.op("Where", visible, g.constant(0.0, kind=np.float32), g.constant(-1e9, kind=np.float32))
    for layer in range(d.n_layer_decoder):
        block = f"decoder.blocks.{layer}"
        query, keys, values = (_heads(g, part, d.n_head) for part in _query_key_value(g, _norm(g, x, a, f"{block}.attn_ln"), a, f"{block}.attn"))
        keys = g.op("Concat", past[layer][0], keys, axis=2)
        values = g.op("Concat", past[layer][1], values, axis=2)
        g.output(keys, f"present_key_{layer}", ["batch", d.n_head, "present", HEAD])
        g.output(values, f"present_value_{layer}", ["batch", d.n_head, "present", HEAD])
        x = g.op("Add", x, _linear(g, _attend(g, query, keys, values, causal), a, f"{block}.attn.out"))
        name = f"{block}.cross_attn.query"
        query = g.linear(_norm(g, x, a, f"{block}.cross_attn_ln"), name, a[f"{name}.weight"] * HEAD ** -0.5, a[f"{name}.bias"] * HEAD ** -0.5)
        if layer in following:
            g.output(query, f"cross_query_{layer}", ["batch", "n", d.n_head * HEAD])
        x = g.op("Add", x, _linear(g, _attend(g, _heads(g, query, d.n_head), *cross[layer], cross_mask), a, f"{block}.cross_attn.out"))
        x = _feed(g, x, a, block)
    last = g.op("Gather", x, g.constant(-1), axis=1)
    last = _norm(g, last, a, "decoder.ln")
    # A transposed view of the same table; the runtime folds it into a packed matrix when it loads.
    across = g.op("Transpose", rows_name, perm=[1, 0])
    logits = g.integer_matmul(last, across, scale_name) if int8 else g.op("MatMul", last, across)
    g.output(logits, "logits", ["batch", d.n_vocab])
    return g.model(PRODUCER)


def trimmed_state(state: dict[str, Tensor], trimmed: Trimmed) -> dict[str, Tensor]:
    rows = state["decoder.token_embedding.weight"]
    return {**state, "decoder.token_embedding.weight": rows[trimmed.kept.tolist()]}


def export(state: dict[str, Tensor], trimmed: Trimmed, original_tokenizer: pathlib.Path, folder: pathlib.Path, *, name: str, version: str, tail_s: float,
           int8: bool = True, weight_bits: int = 8, heads: Heads | None = None) -> None:
    """`state` has the rows of the trimmed vocabulary already. `heads`: those that follow the sound; by default as the sizes tell."""
    folder.mkdir(parents=True, exist_ok=True)
    d = Dimensions.of(state)
    arrays = {key: tensor.detach().float().numpy() for key, tensor in state.items()}
    suffix = "int8" if int8 else "float32"
    files = {"encoder": f"encoder.{suffix}.onnx", "decoder": f"decoder.{suffix}.onnx", "tokenizer": "tokenizer.json"}
    heads = heads or alignment_heads(d)
    following = frozenset(layer for layer, _ in heads)
    for part in ("encoder", "decoder"):
        partial = folder / f"{files[part]}.partial"
        onnx.save(encoder(arrays, d, int8, weight_bits) if part == "encoder" else decoder(arrays, d, int8, weight_bits, following), partial)
        partial.replace(folder / files[part])
    trimmed.save(folder / "tokenizer.json")
    never, at_begin = suppressed(trimmed, Tokenizer.from_file(str(original_tokenizer)))
    special = trimmed.special
    config = {
        "format": FORMAT, "name": name, "version": version, "nMels": d.n_mels, "layers": d.n_layer_decoder, "heads": d.n_head, "headSize": HEAD,
        "vocabularySize": d.n_vocab, "maxTokens": d.n_text_ctx, "maxFrames": 2 * d.n_audio_ctx, "tailS": tail_s,
        "tokens": {"startOfTranscript": special["<|startoftranscript|>"], "endOfText": special["<|endoftext|>"], "transcribe": special["<|transcribe|>"],
                   "noTimestamps": special["<|notimestamps|>"], "noSpeech": special["<|nospeech|>"], "startOfPrevious": special["<|startofprev|>"],
                   "timestampBegin": special["<|0.00|>"], "language": special["<|sv|>"]},
        "suppress": never, "suppressAtBegin": at_begin, "crossKeyLayout": "batch, heads, frames, headSize",
        "alignmentHeads": heads, "files": files,
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2, ensure_ascii=False) + "\n", "utf8")
