"""Writes the trained classifier as ONNX: word embeddings int8 with a scale for each row, layers int8 (dynamic), heads float32."""

import copy
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from network import Classifier

INPUTS = ("input_ids", "attention_mask")
OUTPUTS = ("tonality", "areas", "services", "opinion")
# With 17 LayerNormalization is one operator.
OPSET = 17
# What comes out of these layers' GELU has outliers that one int8 scale for a whole tensor drowns the rest in: with int8 activations there
# macro-F1 on validation fell from 0.862 to 0.841, without them to 0.857 (layers 3, 4 and 5 were the worst of the twelve).
FLOAT_ACTIVATIONS = ("/encoder.3/narrow/", "/encoder.4/narrow/", "/encoder.5/narrow/")


class RowScaled(nn.Module):
    """Embeddings int8 [pieces, hidden] with a float32 scale for each row: a quarter of the size, within 0.4 % of a row's largest value."""

    def __init__(self, weight: Tensor) -> None:
        super().__init__()
        scale = weight.abs().amax(1, keepdim=True).clamp(min=1e-9) / 127
        self.register_buffer("table", torch.round(weight / scale).to(torch.int8))
        self.register_buffer("scale", scale)

    def forward(self, ids: Tensor) -> Tensor:
        return self.table[ids].float() * self.scale[ids]


class Exported(nn.Module):
    def __init__(self, model: Classifier) -> None:
        super().__init__()
        self.model = copy.deepcopy(model).eval()
        self.model.word = RowScaled(model.word.weight.detach())

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
        out = self.model(ids, mask)
        return tuple(out[name] for name in OUTPUTS)


def export_float(model: Classifier, path: Path) -> None:
    """Embeddings are int8 already; everything else float32."""
    ids = torch.tensor([[0, 5, 6, 7, 2], [0, 8, 2, 1, 1]])
    axes = {name: {0: "batch", 1: "tokens"} for name in INPUTS} | {name: {0: "batch"} for name in OUTPUTS}
    torch.onnx.export(
        Exported(model),
        (ids, (ids != 1).long()),
        str(path),
        input_names=list(INPUTS),
        output_names=list(OUTPUTS),
        dynamic_axes=axes,
        opset_version=OPSET,
        dynamo=False,
    )


def export_int8(source: Path, path: Path) -> None:
    """Quantises the layers' matrices; the heads and the pooling stay float.

    Signed weights took half the time of unsigned ones. They are of seven bits (`reduce_range`), since processors without VNNI add pairs of
    products in 16 bits, where eight-bit weights overflow silently.
    """
    graph = onnx.load(source).graph
    matrices = [node for node in graph.node if node.op_type in ("MatMul", "Gemm")]
    # The quantiser first rewrites each Gemm as a MatMul, whose name has this ending.
    heads = [node.name + ("_MatMul" if node.op_type == "Gemm" else "") for node in matrices if "/encoder" not in node.name]
    wide = [node.name for node in matrices if any(part in node.name for part in FLOAT_ACTIVATIONS)]
    quantize_dynamic(
        source,
        path,
        op_types_to_quantize=["MatMul"],
        per_channel=True,
        reduce_range=True,
        weight_type=QuantType.QInt8,
        nodes_to_exclude=heads + wide,
        extra_options={"MatMulConstBOnly": True},
    )
    model = onnx.load(path)
    store_as_int8(model.graph, wide)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def store_as_int8(graph: onnx.GraphProto, names: list[str]) -> None:
    """Stores the weights of these float matrix products as int8 with a scale for each column: the runtime makes them float as it loads."""
    for node in [node for node in graph.node if node.name in names]:
        weight = next(tensor for tensor in graph.initializer if tensor.name == node.input[1])
        values = numpy_helper.to_array(weight)
        scale = np.maximum(np.abs(values).max(0), 1e-9).astype(np.float32) / 127
        name = weight.name
        graph.initializer.remove(weight)
        graph.initializer.append(numpy_helper.from_array(np.round(values / scale).astype(np.int8), f"{name}_int8"))
        graph.initializer.append(numpy_helper.from_array(scale, f"{name}_scale"))
        graph.node.insert(0, helper.make_node("Mul", [f"{name}_cast", f"{name}_scale"], [name], f"{name}_scaled"))
        graph.node.insert(0, helper.make_node("Cast", [f"{name}_int8"], [f"{name}_cast"], f"{name}_float", to=TensorProto.FLOAT))
