"""Builds ONNX graphs node by node: enough operators for Whisper, each linear layer as float or as int8.

int8 means DynamicQuantizeLinear (unsigned activations, one scale a tensor) and MatMulInteger with signed weights, one scale an output
column, zero point 0: the pattern that ONNX Runtime runs as integers. A weight-only form would be folded back to float.
"""
import hashlib

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

# LayerNormalization came with 17, Gelu with 20.
OPSET = 20
# ONNX Runtime's own operators.
FUSED = "com.microsoft"
IR_VERSION = 10

Array = np.ndarray


class Graph:
    def __init__(self, name: str, int8: bool, weight_bits: int = 8) -> None:
        self._name = name
        self._int8 = int8
        self._top = 2 ** (weight_bits - 1) - 1
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, onnx.TensorProto] = {}
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._quantized: dict[str, tuple[str, str, str]] = {}
        # A value that goes out gets the output's name where it is made: an Identity node would copy it at every step.
        self._renamed: dict[str, str] = {}
        self._count = 0

    def input(self, name: str, shape: list[int | str], kind: int = TensorProto.FLOAT) -> str:
        self._inputs.append(helper.make_tensor_value_info(name, kind, shape))
        return name

    def output(self, value: str, name: str, shape: list[int | str]) -> None:
        self._renamed[value] = name
        self._outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))

    def constant(self, value: Array | int | float | list[int], name: str = "", kind: type = np.int64) -> str:
        array = value if isinstance(value, np.ndarray) else np.array(value, kind)
        name = name or f"c_{array.dtype}_{'_'.join(map(str, array.shape))}_{hashlib.sha256(array.tobytes()).hexdigest()[:12]}"
        self._constants.setdefault(name, numpy_helper.from_array(np.asarray(array, order="C"), name))
        return name

    def op(self, kind: str, *inputs: str, **attributes: object) -> str:
        return self.ops(kind, *inputs, outputs=1, **attributes)[0]

    def ops(self, kind: str, *inputs: str, outputs: int, **attributes: object) -> list[str]:
        self._count += 1
        names = [f"{kind}_{self._count}" + (f"_{i}" if outputs > 1 else "") for i in range(outputs)]
        self._nodes.append(helper.make_node(kind, list(inputs), names, **attributes))
        return names

    def norm(self, x: str, name: str, weight: Array, bias: Array) -> str:
        return self.op("LayerNormalization", x, self.constant(weight, f"{name}.weight"), self.constant(bias, f"{name}.bias"), axis=-1, epsilon=1e-5)

    def linear(self, x: str, name: str, weight: Array, bias: Array | None) -> str:
        """x @ weight.T + bias; weight [out, in] as torch keeps it."""
        if self._int8:
            quantized, scale = self.quantize_rows(weight)
            y = self.integer_matmul(x, self.constant(np.ascontiguousarray(quantized.T), f"{name}.weight_int8"), self.constant(scale, f"{name}.scale"))
        else:
            y = self.op("MatMul", x, self.constant(np.ascontiguousarray(weight.T), f"{name}.weight"))
        return y if bias is None else self.op("Add", y, self.constant(bias, f"{name}.bias"))

    def quantize_rows(self, weight: Array) -> tuple[Array, Array]:
        """Symmetric int8 with one float32 scale a row."""
        scale = np.maximum(np.abs(weight).max(axis=1), 1e-8).astype(np.float32) / self._top
        return np.rint(weight / scale[:, None]).clip(-self._top, self._top).astype(np.int8), scale

    def integer_matmul(self, x: str, weight: str, scale: str) -> str:
        if x not in self._quantized:
            values, x_scale, zero = self.ops("DynamicQuantizeLinear", x, outputs=3)
            self._quantized[x] = values, x_scale, zero
        values, x_scale, zero = self._quantized[x]
        product = self.op("Cast", self.op("MatMulInteger", values, weight, zero), to=TensorProto.FLOAT)
        return self.op("Mul", product, self.op("Mul", x_scale, scale))

    def model(self, producer: str) -> onnx.ModelProto:
        for node in self._nodes:
            for names in (node.input, node.output):
                for i, name in enumerate(names):
                    names[i] = self._renamed.get(name, name)
        graph = helper.make_graph(self._nodes, self._name, self._inputs, self._outputs, list(self._constants.values()))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(FUSED, 1)], producer_name=producer, ir_version=IR_VERSION)
        onnx.checker.check_model(model)
        return model
