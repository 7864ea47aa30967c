"""Tunes the decoder on synthetic speech, in the short context that the runtime uses; the encoder stays as it is.

Each clip is encoded twice (as it is but for gain, room and noise; and over a telephone line), with a tail of 0.3 to 2 s, and its states are kept
in float16, so that an epoch costs the decoder alone. A quarter of the clips is trained with timestamps. Clips without a word must give no text.
The epochs' weights go to CACHE/tuned/; a run that was interrupted goes on from the last whole epoch.
"""
import argparse
import dataclasses
import math
import pathlib
import random
import time

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor

import line
import mel
import places
import sound
import source
import speech
import vocabulary
from export import trimmed_state
from model import Whisper, frame_mask

FOLDER = places.CACHE / "tuned"
TAIL_S = (0.3, 2.0)
TIMESTAMPS_SHARE = 0.25
WORDLESS = 160
IGNORED = -100  # F.cross_entropy's ignored label


@dataclasses.dataclass(frozen=True)
class Plan:
    epochs: int = 3
    batch: int = 8
    # A first trial on 400 clips chose it; the embedding, which is the output layer too, learns with it.
    rate: float = 2e-5
    warm_up: float = 0.05
    weight_decay: float = 0.01
    seed: int = 1


@dataclasses.dataclass(frozen=True)
class Example:
    encoded: Tensor
    """float16 [frames / 2, state]"""
    tokens: list[int]
    prompt: int
    """Tokens at the beginning that are given, not learnt."""


def _tokens(text: str, seconds: float, timestamps: bool, tokenizer: Tokenizer, special: dict[str, int]) -> tuple[list[int], int]:
    start = [special["<|startoftranscript|>"], special["<|sv|>"], special["<|transcribe|>"]]
    end = [special["<|endoftext|>"]]
    words = tokenizer.encode(" " + text.strip(), add_special_tokens=False).ids if text else []
    if not timestamps:
        return [*start, special["<|notimestamps|>"], *words, *end], 4
    if not words:
        return [*start, *end], 3
    first = special["<|0.00|>"]
    return [*start, first, *words, first + min(1500, round(seconds / 0.02)), *end], 3


def examples(model: Whisper, tokenizer: Tokenizer, special: dict[str, int], folder: pathlib.Path, seed: int) -> list[Example]:
    rng, generator = random.Random(seed), np.random.default_rng(seed)
    clips: list[tuple[np.ndarray, str]] = []
    for row in speech.read_manifest(folder):
        samples = sound.read(folder / str(row["file"])).numpy()
        clips += [(line.worn(samples, generator, on_line), str(row["text"])) for on_line in (False, True)]
    clips += [(line.wordless(generator), "") for _ in range(WORDLESS)]
    made = []
    with torch.no_grad():
        for samples, text in clips:
            seconds = len(samples) / mel.RATE
            if seconds > 28:
                continue
            padded = mel.with_tail(torch.from_numpy(samples), rng.uniform(*TAIL_S))
            encoded = model.encoder(mel.log_mel(padded)[None])[0].half()
            made.append(Example(encoded, *_tokens(text, seconds, rng.random() < TIMESTAMPS_SHARE, tokenizer, special)))
    return made


def _batches(data: list[Example], size: int, rng: random.Random) -> list[list[Example]]:
    """Examples of like length together, in random order."""
    order = sorted(data, key=lambda example: len(example.tokens) + rng.uniform(0, 8))
    made = [order[i:i + size] for i in range(0, len(order), size)]
    rng.shuffle(made)
    return made


def _loss(model: Whisper, batch: list[Example], end: int) -> Tensor:
    frames = max(len(example.encoded) for example in batch)
    length = max(len(example.tokens) for example in batch)
    encoded = torch.stack([F.pad(example.encoded.float(), (0, 0, 0, frames - len(example.encoded))) for example in batch])
    mask = frame_mask(torch.tensor([len(example.encoded) for example in batch]), frames)
    tokens = torch.full((len(batch), length), end)
    labels = torch.full((len(batch), length), IGNORED)
    for i, example in enumerate(batch):
        tokens[i, : len(example.tokens)] = torch.tensor(example.tokens)
        labels[i, example.prompt - 1: len(example.tokens) - 1] = torch.tensor(example.tokens[example.prompt:])
    states = model.decoder.states(tokens[:, :-1], encoded, mask)
    wanted = labels[:, :-1] != IGNORED
    return F.cross_entropy(states[wanted] @ model.decoder.token_embedding.weight.T, labels[:, :-1][wanted])


def tune(model: Whisper, data: list[Example], end: int, plan: Plan, folder: pathlib.Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(plan.seed)
    for parameter in model.encoder.parameters():
        parameter.requires_grad_(False)
    parameters = list(model.decoder.parameters())
    optimiser = torch.optim.AdamW(parameters, plan.rate, betas=(0.9, 0.98), weight_decay=plan.weight_decay)
    steps = plan.epochs * math.ceil(len(data) / plan.batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: min(1.0, (step + 1) / (plan.warm_up * steps)) * max(0.05, 1 - step / steps))
    first = 0
    checkpoint = folder / "checkpoint.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        first = state["epoch"]
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        schedule.load_state_dict(state["schedule"])
    for epoch in range(first, plan.epochs):
        began, total, count = time.monotonic(), 0.0, 0
        for batch in _batches(data, plan.batch, random.Random(plan.seed * 1000 + epoch)):
            loss = _loss(model, batch, end)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimiser.step()
            schedule.step()
            total, count = total + loss.item(), count + 1
            if count % 25 == 0:
                print(f"epoch {epoch + 1}, step {count}: loss {total / count:.3f}, {time.monotonic() - began:.0f} s", flush=True)
        state = {name: tensor.detach() for name, tensor in model.state_dict().items()}
        torch.save(state, folder / f"epoch-{epoch + 1}.pt")
        torch.save({"epoch": epoch + 1, "model": state, "optimiser": optimiser.state_dict(), "schedule": schedule.state_dict()}, checkpoint)
        print(f"epoch {epoch + 1} of {plan.epochs}: loss {total / count:.3f}, {time.monotonic() - began:.0f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--speech", type=pathlib.Path, default=places.CACHE / "speech/train", help="folder with manifest.jsonl and WAV files; your own, for instance")
    parser.add_argument("--from", dest="folder", type=pathlib.Path, help="a Hugging Face folder with another Whisper")
    parser.add_argument("--epochs", type=int, default=Plan.epochs)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    state, file = source.load(arguments.folder)
    trimmed = vocabulary.trim(file)
    model = Whisper.of(trimmed_state(state, trimmed))
    FOLDER.mkdir(parents=True, exist_ok=True)
    trimmed.save(FOLDER / "tokenizer.json")
    tokenizer = Tokenizer.from_file(str(FOLDER / "tokenizer.json"))
    plan = Plan(epochs=arguments.epochs)
    data = examples(model, tokenizer, trimmed.special, arguments.speech, plan.seed)
    print(f"{len(data)} examples, {sum(len(example.tokens) for example in data)} tokens", flush=True)
    tune(model, data, trimmed.special["<|endoftext|>"], plan, FOLDER)


if __name__ == "__main__":
    main()
