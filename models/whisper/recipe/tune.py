"""Tunes the decoder and the encoder's upper blocks on synthetic speech, in the short context that the runtime uses.

It starts from the states that encode.py keeps. A quarter of the clips is trained with timestamps; clips without a word must give no text. The weights
of each epoch go to CACHE/tuned/, with the loss on the validation clips, by other voices and of other texts; a run that was interrupted goes on from
the last whole epoch. Matrix products run in bfloat16 where the processor has it; weights and their updates are float32.

    python tune.py [--speech FOLDER] [--from HUGGING_FACE_FOLDER] [--epochs 3] [--learning-blocks 2] [--threads 2]
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

import encode
import places
import source
import vocabulary
from export import trimmed_state
from model import Whisper, frame_mask

FOLDER = places.CACHE / "tuned"
TIMESTAMPS_SHARE = 0.25
IGNORED = -100  # F.cross_entropy's ignored label


@dataclasses.dataclass(frozen=True)
class Plan:
    epochs: int = 3
    batch: int = 8
    # A first trial on 400 clips chose it; the embedding, which is the output layer too, learns with it.
    rate: float = 2e-5
    # The encoder's blocks hear the one voice that is human, too: they move less.
    encoder_rate: float = 1e-5
    warm_up: float = 0.05
    weight_decay: float = 0.01
    seed: int = 1
    learning_blocks: int = encode.LEARNING_BLOCKS


@dataclasses.dataclass(frozen=True)
class Example:
    states: Tensor
    """float16 [frames / 2, state], before the learning blocks of the encoder"""
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


def examples(clips: list[encode.Clip], tokenizer: Tokenizer, special: dict[str, int], seed: int) -> list[Example]:
    rng = random.Random(seed)
    made = []
    for clip in clips:
        timestamps = rng.random() < TIMESTAMPS_SHARE
        if clip.file.exists():
            kept = np.load(clip.file)
            made.append(Example(torch.from_numpy(kept["states"]), *_tokens(clip.text, float(kept["seconds"]), timestamps, tokenizer, special)))
    return made


def _batches(data: list[Example], size: int, rng: random.Random) -> list[list[Example]]:
    """Examples of like length together, in random order."""
    order = sorted(data, key=lambda example: len(example.states) + rng.uniform(0, 40))
    made = [order[i:i + size] for i in range(0, len(order), size)]
    rng.shuffle(made)
    return made


def _loss(model: Whisper, batch: list[Example], end: int, learning_blocks: int) -> Tensor:
    frames = max(len(example.states) for example in batch)
    length = max(len(example.tokens) for example in batch)
    states = torch.stack([F.pad(example.states.float(), (0, 0, 0, frames - len(example.states))) for example in batch])
    mask = frame_mask(torch.tensor([len(example.states) for example in batch]), frames)
    tokens = torch.full((len(batch), length), end)
    labels = torch.full((len(batch), length), IGNORED)
    for i, example in enumerate(batch):
        tokens[i, : len(example.tokens)] = torch.tensor(example.tokens)
        labels[i, example.prompt - 1: len(example.tokens) - 1] = torch.tensor(example.tokens[example.prompt:])
    wanted = labels[:, :-1] != IGNORED
    with torch.autocast("cpu", torch.bfloat16, enabled=torch.backends.mkldnn.is_available()):
        encoded = model.encoder.upper(states, len(model.encoder.blocks) - learning_blocks, mask)
        decoded = model.decoder.states(tokens[:, :-1], encoded, mask)
        logits = decoded[wanted] @ model.decoder.token_embedding.weight.T
    return F.cross_entropy(logits.float(), labels[:, :-1][wanted])


def validation_loss(model: Whisper, data: list[Example], end: int, plan: Plan) -> float:
    with torch.no_grad():
        losses = [_loss(model, batch, end, plan.learning_blocks).item() for batch in _batches(data, plan.batch, random.Random(0))]
    return sum(losses) / max(1, len(losses))


def tune(model: Whisper, data: list[Example], validation: list[Example], end: int, plan: Plan, folder: pathlib.Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(plan.seed)
    model.requires_grad_(False)
    upper = model.encoder.blocks[len(model.encoder.blocks) - plan.learning_blocks:]
    decoder, encoder = list(model.decoder.parameters()), [*upper.parameters(), *model.encoder.ln_post.parameters()] if plan.learning_blocks else []
    for parameter in [*decoder, *encoder]:
        parameter.requires_grad_(True)
    groups = [{"params": decoder, "lr": plan.rate}, *([{"params": encoder, "lr": plan.encoder_rate}] if encoder else [])]
    optimiser = torch.optim.AdamW(groups, betas=(0.9, 0.98), weight_decay=plan.weight_decay, fused=True)
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
    print(f"validation loss {validation_loss(model, validation, end, plan):.3f} before epoch {first + 1}", flush=True)
    for epoch in range(first, plan.epochs):
        began, total, count = time.monotonic(), 0.0, 0
        for batch in _batches(data, plan.batch, random.Random(plan.seed * 1000 + epoch)):
            loss = _loss(model, batch, end, plan.learning_blocks)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_([*decoder, *encoder], 1.0)
            optimiser.step()
            schedule.step()
            total, count = total + loss.item(), count + 1
            if count % 25 == 0:
                print(f"epoch {epoch + 1}, step {count}: loss {total / count:.3f}, {time.monotonic() - began:.0f} s", flush=True)
        state = {name: tensor.detach() for name, tensor in model.state_dict().items()}
        torch.save(state, folder / f"epoch-{epoch + 1}.pt")
        torch.save({"epoch": epoch + 1, "model": state, "optimiser": optimiser.state_dict(), "schedule": schedule.state_dict()}, checkpoint)
        print(f"epoch {epoch + 1} of {plan.epochs}: loss {total / count:.3f}, validation {validation_loss(model, validation, end, plan):.3f}, "
              f"{time.monotonic() - began:.0f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--speech", type=pathlib.Path, default=places.CACHE / "speech/train", help="folder with manifest.jsonl and WAV files; your own, for instance")
    parser.add_argument("--from", dest="folder", type=pathlib.Path, help="a Hugging Face folder with another Whisper")
    parser.add_argument("--epochs", type=int, default=Plan.epochs)
    parser.add_argument("--learning-blocks", type=int, default=Plan.learning_blocks)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    state, file = source.load(arguments.folder)
    trimmed = vocabulary.trim(file)
    model = Whisper.of(trimmed_state(state, trimmed))
    FOLDER.mkdir(parents=True, exist_ok=True)
    trimmed.save(FOLDER / "tokenizer.json")
    tokenizer = Tokenizer.from_file(str(FOLDER / "tokenizer.json"))
    plan = Plan(epochs=arguments.epochs, learning_blocks=arguments.learning_blocks)

    def load(speech: pathlib.Path, wordless: bool) -> list[Example]:
        clips = encode.clips(speech, encode.states_folder(speech.name, plan.learning_blocks), wordless)
        return examples(clips, tokenizer, trimmed.special, plan.seed)
    data, validation = load(arguments.speech, True), load(places.CACHE / "speech/validate", False)
    if not data:
        raise SystemExit(f"expected encoded clips of {arguments.speech}, found none: run encode.py with the same options first")
    print(f"{len(data)} examples, {sum(len(example.tokens) for example in data)} tokens; {len(validation)} for validation", flush=True)
    tune(model, data, validation, trimmed.special["<|endoftext|>"], plan, FOLDER)


if __name__ == "__main__":
    main()
