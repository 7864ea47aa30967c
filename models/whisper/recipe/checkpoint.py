"""Writes Whisper base as a Hugging Face checkpoint folder (config.json, model.safetensors, tokenizer.json), the input of build.py --from.

    python checkpoint.py FOLDER

For trying that way out where no checkpoint can be fetched: the weights are those of source.py, under Hugging Face's names.
"""
import json
import pathlib
import re
import shutil
import sys

from safetensors.torch import save_file

import source
from model import Dimensions

_NAMES = [
    (r"\.blocks\.", ".layers."), (r"\.cross_attn_ln\.", ".encoder_attn_layer_norm."), (r"\.attn_ln\.", ".self_attn_layer_norm."), (r"\.mlp_ln\.", ".final_layer_norm."),
    (r"\.cross_attn\.", ".encoder_attn."), (r"\.attn\.", ".self_attn."), (r"\.query\.", ".q_proj."), (r"\.key\.", ".k_proj."), (r"\.value\.", ".v_proj."),
    (r"_attn\.out\.", "_attn.out_proj."), (r"\.mlp\.0\.", ".fc1."), (r"\.mlp\.2\.", ".fc2."), (r"\.positional_embedding$", ".embed_positions.weight"),
    (r"\.token_embedding\.", ".embed_tokens."), (r"^encoder\.ln_post\.", "encoder.layer_norm."), (r"^decoder\.ln\.", "decoder.layer_norm."), (r"^", "model."),
]


def hugging_face_name(name: str) -> str:
    for pattern, replacement in _NAMES:
        name = re.sub(pattern, replacement, name)
    return name


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    state, tokenizer = source.load()
    d = Dimensions.of(state)
    save_file({hugging_face_name(name): tensor.contiguous() for name, tensor in state.items()}, str(folder / "model.safetensors"))
    shutil.copyfile(tokenizer, folder / "tokenizer.json")
    (folder / "config.json").write_text(json.dumps({"model_type": "whisper", "d_model": d.n_state, "vocab_size": d.n_vocab}, indent=2) + "\n", "utf8")
    print(f"{len(state)} tensors in {folder}")


if __name__ == "__main__":
    main()
