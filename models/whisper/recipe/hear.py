"""Hears a clip with an exported folder, as the runtime does: greedy, without timestamps, a tail of silence, no repetition guard."""
import json
import pathlib

import numpy as np
import onnxruntime as ort
from tokenizers import Tokenizer
from torch import Tensor

import mel


class Ears:
    def __init__(self, folder: pathlib.Path, threads: int = 1) -> None:
        self.config = json.loads((folder / "config.json").read_text("utf8"))
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        files = self.config["files"]
        self.encoder = ort.InferenceSession(str(folder / files["encoder"]), options, ["CPUExecutionProvider"])
        self.decoder = ort.InferenceSession(str(folder / files["decoder"]), options, ["CPUExecutionProvider"])
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))

    def encode(self, sound: Tensor, tail_s: float | None = None) -> list[np.ndarray]:
        tail = self.config["tailS"] if tail_s is None else tail_s
        spectrum = mel.log_mel(mel.with_tail(sound, tail), self.config["nMels"])
        return self.encoder.run(None, {"mel": spectrum[None].numpy()})

    def decode(self, cross: list[np.ndarray], timestamps: bool = False, limit: int = 224) -> list[int]:
        """The tokens of the text, without the prompt and the end; `limit` is half the context, as in the original."""
        config, special = self.config, self.config["tokens"]
        layers, heads, head = config["layers"], config["heads"], config["headSize"]
        prompt = [special["startOfTranscript"], special["language"], special["transcribe"]] + ([] if timestamps else [special["noTimestamps"]])
        feed = {name.name: value for name, value in zip(self.encoder.get_outputs(), cross, strict=True)}
        feed["cross_mask"] = np.zeros((1, 1, 1, cross[0].shape[2]), np.float32)
        for layer in range(layers):
            feed[f"self_key_{layer}"] = feed[f"self_value_{layer}"] = np.zeros((1, heads, 0, head), np.float32)
        outputs = [output.name for output in self.decoder.get_outputs() if not output.name.startswith("cross_query_")]
        tokens, found, position = prompt, [], 0
        while len(found) < limit:
            result = dict(zip(outputs, self.decoder.run(outputs, {**feed, "tokens": np.array([tokens], np.int64), "position": np.array([position], np.int64)}), strict=True))
            position += len(tokens)
            logits = result.pop("logits")[0]
            logits[config["suppress"]] = -np.inf
            if not timestamps:
                logits[special["timestampBegin"]:] = -np.inf
            if not found:
                logits[config["suppressAtBegin"]] = -np.inf
                if timestamps:
                    logits[: special["timestampBegin"]] = -np.inf
            token = int(logits.argmax())
            if token == special["endOfText"]:
                break
            found.append(token)
            tokens = [token]
            for name, value in result.items():
                feed[name.replace("present", "self")] = value
        return found

    def hear(self, sound: Tensor, tail_s: float | None = None, timestamps: bool = False) -> str:
        found = self.decode(self.encode(sound, tail_s), timestamps)
        return self.tokenizer.decode([token for token in found if token < self.config["tokens"]["timestampBegin"]]).strip()
