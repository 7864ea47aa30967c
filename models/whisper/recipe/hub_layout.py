"""Writes a Whisper in the layout that hubs publish for ONNX, as Optimum exports it: a test model, from the weights that the recipe has.

    python hub_layout.py FOLDER [--from HUGGING_FACE_FOLDER] [--int8]

onnx/encoder_model.onnx          input_features float32 [batch, mels, 2 * encoded] -> last_hidden_state float32 [batch, encoded, state]
onnx/decoder_model_merged.onnx   input_ids int64 [batch, n], encoder_hidden_states, use_cache_branch bool [1],
                                 past_key_values.N.{decoder,encoder}.{key,value} float32 [batch, heads, length, head]
                                 -> logits float32 [batch, n, vocabulary], present.N.{decoder,encoder}.{key,value}
With use_cache_branch the keys and values of what was heard are taken from the past and not given again: those outputs are empty, as in
Optimum's merged graphs, and n is 1. Beside them lie config.json, generation_config.json, preprocessor_config.json and tokenizer.json.
"""
import argparse
import json
import pathlib
import shutil

import numpy as np
import onnx
from onnx import TensorProto, helper
from tokenizers import Tokenizer

import export
import source
import vocabulary
from graph import Graph
from model import Dimensions

PRODUCER = "tonalitet models/whisper/recipe/hub_layout"
PARTS = [(side, kind) for side in ("decoder", "encoder") for kind in ("key", "value")]


class Branch(Graph):
    """One side of the decoder's choice; what it computes has names of its own, what it reads may be the outer graph's."""

    def close(self, prefix: str, results: list[str]) -> onnx.GraphProto:
        made = {name for node in self._nodes for name in node.output}
        for node in self._nodes:
            for names in (node.input, node.output):
                for i, name in enumerate(names):
                    names[i] = prefix + name if name in made else name
        outputs = [helper.make_tensor_value_info(prefix + result, TensorProto.FLOAT, None) for result in results]
        return helper.make_graph(self._nodes, prefix.strip("/"), [], outputs)

    def constants(self) -> dict[str, onnx.TensorProto]:
        return self._constants


class Merged(Graph):
    def take(self, branch: Branch) -> None:
        self._constants.update(branch.constants())


def encoder(a: export.Arrays, d: Dimensions, int8: bool = False) -> onnx.ModelProto:
    g = Graph("encoder_model", int8)
    x = g.input("input_features", ["batch", d.n_mels, 2 * d.n_audio_ctx])
    for name, stride in (("encoder.conv1", 1), ("encoder.conv2", 2)):
        x = g.op("Gelu", g.op("Conv", x, g.constant(a[f"{name}.weight"], f"{name}.weight"), g.constant(a[f"{name}.bias"], f"{name}.bias"),
                              kernel_shape=[3], pads=[1, 1], strides=[stride]))
    x = g.op("Add", g.op("Transpose", x, perm=[0, 2, 1]), g.constant(a["encoder.positional_embedding"], "encoder.positions"))
    nothing = g.constant(0.0, kind=np.float32)
    for layer in range(d.n_layer_encoder):
        block = f"encoder.blocks.{layer}"
        parts = export._query_key_value(g, export._norm(g, x, a, f"{block}.attn_ln"), a, f"{block}.attn")
        mixed = export._attend(g, *(export._heads(g, part, d.n_head) for part in parts), nothing)
        x = export._feed(g, g.op("Add", x, export._linear(g, mixed, a, f"{block}.attn.out")), a, block)
    g.output(export._norm(g, x, a, "encoder.ln_post"), "last_hidden_state", ["batch", d.n_audio_ctx, d.n_state])
    return g.model(PRODUCER)


def _branch(a: export.Arrays, d: Dimensions, int8: bool, cached: bool) -> tuple[Branch, list[str]]:
    """The decoder with or without a past: the branch, and its results in the order of the outputs."""
    g = Branch("branch", int8)
    head = d.n_state // d.n_head
    x = g.op("Gather", g.constant(a["decoder.token_embedding.weight"], "embedding"), "input_ids")
    zero, one, nothing = g.constant(0), g.constant(1), g.constant(0.0, kind=np.float32)
    count = g.op("Squeeze", g.op("Slice", g.op("Shape", "input_ids"), g.constant([1]), g.constant([2])), g.constant([0]))
    first = g.op("Squeeze", g.op("Slice", g.op("Shape", "past_key_values.0.decoder.key"), g.constant([2]), g.constant([3])), g.constant([0])) if cached else zero
    places = g.op("Range", first, g.op("Add", first, count), one)
    x = g.op("Add", x, g.op("Gather", g.constant(a["decoder.positional_embedding"], "decoder.positions"), places))
    causal = nothing
    if not cached:
        visible = g.op("LessOrEqual", g.op("Unsqueeze", places, g.constant([0])), g.op("Unsqueeze", places, g.constant([1])))
        causal = g.op("Where", visible, nothing, g.constant(-1e9, kind=np.float32))
    results: list[str] = []
    for layer in range(d.n_layer_decoder):
        block, past = f"decoder.blocks.{layer}", f"past_key_values.{layer}"
        query, keys, values = (export._heads(g, part, d.n_head) for part in export._query_key_value(g, export._norm(g, x, a, f"{block}.attn_ln"), a, f"{block}.attn"))
        if cached:
            keys = g.op("Concat", f"{past}.decoder.key", keys, axis=2)
            values = g.op("Concat", f"{past}.decoder.value", values, axis=2)
        x = g.op("Add", x, export._linear(g, export._attend(g, query, keys, values, causal), a, f"{block}.attn.out"))
        if cached:
            heard = [f"{past}.encoder.key", f"{past}.encoder.value"]
            given = [g.op("Identity", g.constant(np.zeros((0, d.n_head, 1, head), np.float32))) for _ in heard]
        else:
            heard = [export._heads(g, export._linear(g, "encoder_hidden_states", a, f"{block}.cross_attn.{kind}"), d.n_head) for kind in ("key", "value")]
            given = heard
        name = f"{block}.cross_attn.query"
        query = g.linear(export._norm(g, x, a, f"{block}.cross_attn_ln"), name, a[f"{name}.weight"] * head**-0.5, a[f"{name}.bias"] * head**-0.5)
        x = g.op("Add", x, export._linear(g, export._attend(g, export._heads(g, query, d.n_head), *heard, nothing), a, f"{block}.cross_attn.out"))
        x = export._feed(g, x, a, block)
        results += [keys, values, *given]
    x = export._norm(g, x, a, "decoder.ln")
    logits = g.op("MatMul", x, g.op("Transpose", g.constant(a["decoder.token_embedding.weight"], "embedding"), perm=[1, 0]))
    return g, [logits, *results]


def decoder(a: export.Arrays, d: Dimensions, int8: bool = False) -> onnx.ModelProto:
    g = Merged("decoder_model_merged", int8)
    head = d.n_state // d.n_head
    g.input("input_ids", ["batch", "n"], TensorProto.INT64)
    g.input("encoder_hidden_states", ["batch", "encoded", d.n_state])
    names = [f"{layer}.{side}.{kind}" for layer in range(d.n_layer_decoder) for side, kind in PARTS]
    for name in names:
        g.input(f"past_key_values.{name}", ["batch", d.n_head, f"past_{name.split('.')[1]}", head])
    g.input("use_cache_branch", [1], TensorProto.BOOL)
    with_past, without = (_branch(a, d, int8, cached) for cached in (True, False))
    for branch, _ in (with_past, without):
        g.take(branch)
    values = g.ops("If", "use_cache_branch", outputs=1 + len(names), then_branch=with_past[0].close("past/", with_past[1]), else_branch=without[0].close("first/", without[1]))
    g.output(values[0], "logits", ["batch", "n", d.n_vocab])
    for value, name in zip(values[1:], names, strict=True):
        g.output(value, f"present.{name}", [f"batch_{name}", d.n_head, f"present_{name}", head])
    return g.model(PRODUCER)


def write_graphs(a: export.Arrays, d: Dimensions, folder: pathlib.Path, int8: bool = False) -> None:
    suffix = "_quantized" if int8 else ""
    (folder / "onnx").mkdir(parents=True, exist_ok=True)
    for name, build in (("encoder_model", encoder), ("decoder_model_merged", decoder)):
        target = folder / "onnx" / f"{name}{suffix}.onnx"
        partial = target.with_suffix(".partial")
        onnx.save(build(a, d, int8), partial)
        partial.replace(target)


def write_configs(d: Dimensions, special: dict[str, int], suppress: list[int], at_begin: list[int], folder: pathlib.Path) -> None:
    """`special`: the numbers of <|endoftext|>, <|startoftranscript|>, <|sv|>, <|transcribe|> and <|notimestamps|>."""
    files = {
        "config.json": {
            "model_type": "whisper", "architectures": ["WhisperForConditionalGeneration"], "d_model": d.n_state, "num_mel_bins": d.n_mels,
            "encoder_layers": d.n_layer_encoder, "encoder_attention_heads": d.n_head, "decoder_layers": d.n_layer_decoder, "decoder_attention_heads": d.n_head,
            "max_source_positions": d.n_audio_ctx, "max_target_positions": d.n_text_ctx, "vocab_size": d.n_vocab,
            "eos_token_id": special["<|endoftext|>"], "decoder_start_token_id": special["<|startoftranscript|>"],
        },
        "generation_config.json": {
            "eos_token_id": special["<|endoftext|>"], "decoder_start_token_id": special["<|startoftranscript|>"], "no_timestamps_token_id": special["<|notimestamps|>"],
            "lang_to_id": {"<|sv|>": special["<|sv|>"]}, "task_to_id": {"transcribe": special["<|transcribe|>"]}, "is_multilingual": True,
            "suppress_tokens": suppress, "begin_suppress_tokens": at_begin, "max_length": d.n_text_ctx,
        },
        "preprocessor_config.json": {
            "feature_extractor_type": "WhisperFeatureExtractor", "feature_size": d.n_mels, "hop_length": 160, "n_fft": 400, "sampling_rate": 16000,
            "nb_max_frames": 2 * d.n_audio_ctx,
        },
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, indent=2) + "\n", "utf8")


def write(state: source.State, tokenizer_file: pathlib.Path, folder: pathlib.Path, int8: bool = False) -> None:
    d = Dimensions.of(state)
    write_graphs({name: tensor.detach().float().numpy() for name, tensor in state.items()}, d, folder, int8)
    whole = vocabulary.trim(tokenizer_file, everything=True)
    never, at_begin = vocabulary.suppressed(whole, Tokenizer.from_file(str(tokenizer_file)))
    special = {name: int(whole.kept[index]) for name, index in whole.special.items()}
    write_configs(d, special, sorted(int(whole.kept[i]) for i in never), sorted(int(whole.kept[i]) for i in at_begin), folder)
    shutil.copyfile(tokenizer_file, folder / "tokenizer.json")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--from", dest="source", type=pathlib.Path, help="a Hugging Face folder with another Whisper")
    parser.add_argument("--int8", action="store_true", help="linear layers in int8, with the ending _quantized")
    arguments = parser.parse_args()
    state, tokenizer = source.load(arguments.source)
    write(state, tokenizer, arguments.folder, arguments.int8)
    print(f"{arguments.folder}: {sum(file.stat().st_size for file in arguments.folder.rglob('*') if file.is_file()) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
