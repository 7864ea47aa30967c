"""Writes the trained classifier as ONNX: word embeddings int8 with a scale for each row, layers int8 (dynamic), heads float32."""

import copy
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from network import Classifier

INPUTS = ("input_ids", "attention_mask")
OUTPUTS = ("tonality", "areas", "services", "opinion")
# With 17 LayerNormalization is one operator.
OPSET = 17


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
    graph = onnx.load(source)
    small = [node for node in graph.graph.node if node.op_type in ("MatMul", "Gemm") and "/encoder" not in node.name]
    # The quantiser first rewrites each Gemm as a MatMul, whose name has this ending.
    heads = [node.name + ("_MatMul" if node.op_type == "Gemm" else "") for node in small]
    quantize_dynamic(
        source,
        path,
        op_types_to_quantize=["MatMul"],
        per_channel=True,
        reduce_range=True,
        weight_type=QuantType.QInt8,
        nodes_to_exclude=heads,
        extra_options={"MatMulConstBOnly": True},
    )
