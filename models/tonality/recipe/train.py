"""Trains the classifier. Every choice is a field of Plan; a checkpoint after each epoch lets an interrupted run go on."""

import copy
import json
import math
import random
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from dataset import Comment
from labels import AREAS, TONALITIES
from network import Classifier
from noise import varied

PREFIX = "query: "
PAD = 1


@dataclass(frozen=True)
class Plan:
    name: str
    epochs: int = 6
    batch: int = 32
    rate: float = 2e-4
    """Of the top layer; each layer below has `decay` times the one above."""
    decay: float = 0.95
    head_rate: float = 1e-3
    embedding_rate: float = 0.0
    """0 keeps the word embeddings as they are."""
    warm_up: float = 0.06
    weight_decay: float = 0.01
    smoothing: float = 0.05
    area_weight: float = 0.6
    service_weight: float = 0.3
    opinion_weight: float = 0.3
    rdrop: float = 0.0
    """Weight of the divergence between two passes with different dropout."""
    fgm: float = 0.0
    """Length of the adversarial step on the word embeddings."""
    average: float = 0.0
    """Decay of the running mean of the weights; 0 keeps the last ones."""
    noise: bool = True
    pooling: str = "mean"
    dropout: float = 0.1
    seed: int = 1
    tokens: int = 192
    """Training comments are cut here; evaluation reads 256."""


@dataclass(frozen=True)
class Batch:
    ids: Tensor
    mask: Tensor
    tonality: Tensor
    """int64 [batch]; -1 without an opinion"""
    areas: Tensor
    """int64 [batch, 5]; -1 where not annotated"""
    services: Tensor
    """float32 [batch, 9]"""
    known: Tensor
    """float32 [batch]: 1 where services are annotated"""
    opinion: Tensor
    """float32 [batch]"""


def encoded(tokenizer: Tokenizer, texts: list[str], limit: int) -> list[list[int]]:
    rows = [encoding.ids for encoding in tokenizer.encode_batch([PREFIX + text for text in texts])]
    return [row if len(row) <= limit else [*row[: limit - 1], row[-1]] for row in rows]


def padded(rows: list[list[int]]) -> tuple[Tensor, Tensor]:
    longest = max(len(row) for row in rows)
    ids = torch.full((len(rows), longest), PAD)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = torch.tensor(row)
    return ids, (ids != PAD).long()


def batch_of(rows: list[list[int]], comments: list[Comment]) -> Batch:
    ids, mask = padded(rows)
    return Batch(
        ids,
        mask,
        torch.tensor([-1 if c.tonality is None else c.tonality for c in comments]),
        torch.tensor([[-1] * len(AREAS) if c.areas is None else list(c.areas) for c in comments]),
        torch.tensor([[0.0] * 9 if c.services is None else [float(s) for s in c.services] for c in comments]),
        torch.tensor([float(c.services is not None) for c in comments]),
        torch.tensor([float(c.tonality is not None) for c in comments]),
    )


def bucketed(lengths: list[int], size: int, chance: random.Random) -> list[list[int]]:
    """Indices in batches of like length, in random order: pools of 32 batches are sorted, so little is padded."""
    order = list(range(len(lengths)))
    chance.shuffle(order)
    batches = []
    for start in range(0, len(order), size * 32):
        pool = sorted(order[start : start + size * 32], key=lambda i: lengths[i])
        batches += [pool[i : i + size] for i in range(0, len(pool), size)]
    chance.shuffle(batches)
    return batches


def soft_cross_entropy(logits: Tensor, targets: Tensor, smoothing: float) -> Tensor:
    """Mean over the targets that are not -1; 0 where there are none."""
    flat, wanted = logits.reshape(-1, logits.shape[-1]), targets.reshape(-1)
    count = (wanted >= 0).sum().clamp(min=1)
    return functional.cross_entropy(flat, wanted, ignore_index=-1, label_smoothing=smoothing, reduction="sum") / count


def loss_of(out: dict[str, Tensor], batch: Batch, plan: Plan) -> Tensor:
    services = functional.binary_cross_entropy_with_logits(out["services"], batch.services, reduction="none").sum(1)
    return (
        soft_cross_entropy(out["tonality"], batch.tonality, plan.smoothing)
        + plan.area_weight * len(AREAS) / 2 * soft_cross_entropy(out["areas"], batch.areas, 0.0)
        + plan.service_weight * (services * batch.known).sum() / batch.known.sum().clamp(min=1)
        + plan.opinion_weight * functional.binary_cross_entropy_with_logits(out["opinion"][:, 0], batch.opinion)
    )


def divergence(one: Tensor, other: Tensor) -> Tensor:
    """The symmetric Kullback-Leibler divergence, mean over rows."""
    p, q = functional.log_softmax(one, -1), functional.log_softmax(other, -1)
    both = functional.kl_div(p, q, reduction="none", log_target=True) + functional.kl_div(q, p, reduction="none", log_target=True)
    return both.sum(-1).mean() / 2


def parameter_groups(model: Classifier, plan: Plan) -> list[dict]:
    groups = []
    for name, parameter in model.named_parameters():
        if name.startswith("encoder."):
            depth = model.shape.layers - 1 - int(name.split(".")[1])
            rate = plan.rate * plan.decay**depth
        elif name.startswith("word."):
            parameter.requires_grad = plan.embedding_rate > 0
            rate = plan.embedding_rate
        elif name.startswith(("position", "embedded_norm")):
            rate = plan.rate * plan.decay**model.shape.layers
        else:
            rate = plan.head_rate
        if parameter.requires_grad:
            decayed = plan.weight_decay if parameter.ndim > 1 and "norm" not in name else 0.0
            groups.append({"params": [parameter], "lr": rate, "base": rate, "weight_decay": decayed})
    return groups


def predicted(model: Classifier, tokenizer: Tokenizer, texts: list[str], limit: int = 256) -> dict[str, np.ndarray]:
    """Logits for all texts, in their order."""
    model.eval()
    rows = encoded(tokenizer, texts, limit)
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    found: list[dict[str, np.ndarray] | None] = [None] * len(rows)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for start in range(0, len(order), 64):
            chosen = order[start : start + 64]
            ids, mask = padded([rows[i] for i in chosen])
            out = {name: value.float().numpy() for name, value in model(ids, mask).items()}
            for k, i in enumerate(chosen):
                found[i] = {name: value[k] for name, value in out.items()}
    return {name: np.stack([row[name] for row in found if row is not None]) for name in ("tonality", "areas", "services", "opinion")}


def macro_f1(wanted: np.ndarray, got: np.ndarray, classes: int = len(TONALITIES)) -> float:
    scores = []
    for c in range(classes):
        hits = ((wanted == c) & (got == c)).sum()
        scores.append(2 * hits / max(1, (wanted == c).sum() + (got == c).sum()))
    return float(np.mean(scores))


def quick_scores(out: dict[str, np.ndarray], comments: list[Comment]) -> dict[str, float]:
    judging = np.array([c.tonality is not None for c in comments])
    wanted = np.array([c.tonality or 0 for c in comments])
    scores = {"macro_f1": macro_f1(wanted[judging], out["tonality"].argmax(1)[judging])}
    known = np.array([c.areas is not None for c in comments]) & judging
    areas = np.array([c.areas or (0,) * 5 for c in comments])[known]
    got = out["areas"].argmax(2)[known]
    both = (areas > 0) & (got > 0)
    scores["areas_f1"] = 2 * both.sum() / max(1, (areas > 0).sum() + (got > 0).sum())
    scores["area_tonality"] = float((areas == got)[both].mean()) if both.any() else 0.0
    opinion = out["opinion"][:, 0] > 0
    scores["opinion_kept"] = float(opinion[judging].mean())
    if not judging.all():
        scores["no_opinion_recall"] = float((~opinion[~judging]).mean())
    return {name: round(float(value), 4) for name, value in scores.items()}


def train(model: Classifier, tokenizer: Tokenizer, comments: list[Comment], checked: list[Comment], plan: Plan, folder: Path) -> Classifier:
    """Trains `model` in place (or goes on from the checkpoint in `folder`) and gives back the averaged or last weights."""
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = folder / f"{plan.name}.checkpoint.pt"
    groups = parameter_groups(model, plan)
    optimizer = torch.optim.AdamW(groups, betas=(0.9, 0.98), eps=1e-6)
    averaged = copy.deepcopy(model) if plan.average else None
    first, step = 0, 0
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=False)
        if saved["plan"] != asdict(plan):
            raise SystemExit(f"{checkpoint} was made with another plan: delete it or name this plan otherwise")
        model.load_state_dict(saved["model"])
        optimizer.load_state_dict(saved["optimizer"])
        if averaged is not None:
            averaged.load_state_dict(saved["averaged"])
        first, step = saved["epoch"], saved["step"]
    total = plan.epochs * math.ceil(len(comments) / plan.batch)
    for epoch in range(first, plan.epochs):
        chance = random.Random(f"{plan.seed}/{epoch}")
        torch.manual_seed(plan.seed * 1000 + epoch)
        started, losses = time.monotonic(), []
        rows = encoded(tokenizer, [varied(c.text, chance) if plan.noise else c.text for c in comments], plan.tokens)
        model.train()
        for indices in bucketed([len(row) for row in rows], plan.batch, chance):
            batch = batch_of([rows[i] for i in indices], [comments[i] for i in indices])
            share = min(1.0, (step + 1) / max(1, plan.warm_up * total)) * max(0.02, 1 - step / total)
            for group in optimizer.param_groups:
                group["lr"] = group["base"] * share
            losses.append(one_step(model, batch, plan, optimizer))
            step += 1
            if averaged is not None:
                decay = min(plan.average, (1 + step) / (10 + step))
                with torch.no_grad():
                    for mean, now in zip(averaged.parameters(), model.parameters()):
                        if now.requires_grad:
                            mean.lerp_(now, 1 - decay)
        scores = {"last": quick_scores(predicted(model, tokenizer, [c.text for c in checked]), checked)}
        if averaged is not None:
            scores["averaged"] = quick_scores(predicted(averaged, tokenizer, [c.text for c in checked]), checked)
        seconds = time.monotonic() - started
        line = {"plan": plan.name, "epoch": epoch + 1, "seconds": round(seconds), "loss": round(float(np.mean(losses)), 4), **scores}
        print(json.dumps(line), flush=True)
        torch.save(
            {
                "plan": asdict(plan),
                "epoch": epoch + 1,
                "step": step,
                "model": model.state_dict(),
                "optimizer": optimizer.state_dict(),
                "averaged": averaged.state_dict() if averaged is not None else None,
            },
            checkpoint,
        )
    chosen = averaged or model
    torch.save(chosen.state_dict(), folder / f"{plan.name}.pt")
    return chosen


def one_step(model: Classifier, batch: Batch, plan: Plan, optimizer: torch.optim.Optimizer) -> float:
    with torch.autocast("cpu", torch.bfloat16):
        if plan.rdrop:
            out = model(batch.ids.repeat(2, 1), batch.mask.repeat(2, 1))
        else:
            out = model(batch.ids, batch.mask)
    if plan.rdrop:
        size = batch.ids.shape[0]
        halves = [{name: value.float()[part] for name, value in out.items()} for part in (slice(0, size), slice(size, None))]
        loss = (loss_of(halves[0], batch, plan) + loss_of(halves[1], batch, plan)) / 2
        loss = loss + plan.rdrop * divergence(halves[0]["tonality"], halves[1]["tonality"])
        loss = loss + plan.rdrop * 0.5 * divergence(halves[0]["areas"], halves[1]["areas"])
    else:
        loss = loss_of({name: value.float() for name, value in out.items()}, batch, plan)
    loss.backward()
    if plan.fgm:
        adversarial(model, batch, plan)
    torch.nn.utils.clip_grad_norm_([p for p in model.parameters() if p.requires_grad], 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return float(loss.detach())


def adversarial(model: Classifier, batch: Batch, plan: Plan) -> None:
    """Adds the gradients of a pass whose word embeddings are moved against the loss (FGM)."""
    small = torch.zeros(*batch.ids.shape, model.shape.hidden, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        out = model(batch.ids, batch.mask, small)
    (slope,) = torch.autograd.grad(loss_of({n: v.float() for n, v in out.items()}, batch, plan), small)
    step = plan.fgm * slope / slope.norm(dim=(1, 2), keepdim=True).clamp(min=1e-9)
    with torch.autocast("cpu", torch.bfloat16):
        out = model(batch.ids, batch.mask, step.detach())
    loss_of({n: v.float() for n, v in out.items()}, batch, plan).backward()
