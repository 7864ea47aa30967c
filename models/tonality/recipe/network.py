"""The classifier in torch: a BERT encoder over a trimmed vocabulary, and four heads."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from base_encoder import BaseEncoder
from labels import AREAS, SERVICES, TONALITIES


@dataclass(frozen=True)
class Shape:
    vocabulary: int
    hidden: int = 384
    inner: int = 1536
    layers: int = 12
    heads: int = 12
    # Longer comments are cut into windows by the caller.
    positions: int = 256
    epsilon: float = 1e-12
    pooling: str = "mean"
    dropout: float = 0.1


class Layer(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads, self.dropout = shape.heads, shape.dropout
        self.qkv = nn.Linear(shape.hidden, 3 * shape.hidden)
        self.attended = nn.Linear(shape.hidden, shape.hidden)
        self.attended_norm = nn.LayerNorm(shape.hidden, shape.epsilon)
        self.wide = nn.Linear(shape.hidden, shape.inner)
        self.narrow = nn.Linear(shape.inner, shape.hidden)
        self.norm = nn.LayerNorm(shape.hidden, shape.epsilon)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """x float32 [batch, tokens, hidden]; bias float32 [batch, 1, 1, tokens]: 0, or very negative where there is padding."""
        batch, tokens, hidden = x.shape
        q, k, v = self.qkv(x).view(batch, tokens, 3, self.heads, hidden // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        dropout = self.dropout if self.training else 0.0
        scores = torch.matmul(q, k.transpose(2, 3)) * (hidden // self.heads) ** -0.5 + bias
        # No dropout on the weights: it took a tenth of a step, and each token's state is thinned out below anyway.
        context = torch.matmul(torch.softmax(scores, dim=3), v).permute(0, 2, 1, 3).reshape(batch, tokens, hidden)
        x = self.attended_norm(x + functional.dropout(self.attended(context), dropout, self.training))
        inner = self.narrow(functional.gelu(self.wide(x)))
        return self.norm(x + functional.dropout(inner, dropout, self.training))


class Classifier(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.word = nn.Embedding(shape.vocabulary, shape.hidden)
        self.position = nn.Parameter(torch.zeros(shape.positions, shape.hidden))
        self.embedded_norm = nn.LayerNorm(shape.hidden, shape.epsilon)
        self.encoder = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        # Attention pooling: one learnt query for each head, so that areas may look elsewhere than the tonality.
        self.queries = nn.Linear(shape.hidden, 4) if shape.pooling == "attention" else None
        self.tonality = nn.Linear(shape.hidden, len(TONALITIES))
        self.areas = nn.Linear(shape.hidden, len(AREAS) * (1 + len(TONALITIES)))
        self.services = nn.Linear(shape.hidden, len(SERVICES))
        self.opinion = nn.Linear(shape.hidden, 1)

    def embedded(self, ids: Tensor) -> Tensor:
        return self.word(ids)

    def forward(self, ids: Tensor, mask: Tensor, disturbance: Tensor | None = None) -> dict[str, Tensor]:
        """ids, mask int64 [batch, tokens] -> logits: tonality [batch, 3], areas [batch, 5, 4], services [batch, 9], opinion [batch, 1]."""
        words = self.embedded(ids)
        if disturbance is not None:
            words = words + disturbance
        x = self.embedded_norm(words + self.position[: ids.shape[1]])
        x = functional.dropout(x, self.shape.dropout, self.training)
        bias = (1.0 - mask[:, None, None, :].float()) * -10000.0
        for layer in self.encoder:
            x = layer(x, bias)
        pooled = self.pooled(x.float(), mask)
        # The norm of a mean over tokens falls with their number; e5 is trained on directions.
        heads = [functional.normalize(one, dim=1) * self.shape.hidden**0.5 for one in pooled]
        heads = [functional.dropout(one, self.shape.dropout, self.training) for one in heads]
        return {
            "tonality": self.tonality(heads[0]),
            "areas": self.areas(heads[1]).view(-1, len(AREAS), 1 + len(TONALITIES)),
            "services": self.services(heads[2]),
            "opinion": self.opinion(heads[3]),
        }

    def pooled(self, x: Tensor, mask: Tensor) -> list[Tensor]:
        """float32 [batch, hidden] for each of the four heads."""
        if self.queries is None:
            weights = mask[:, :, None].float()
            mean = (x * weights).sum(1) / weights.sum(1)
            return [mean] * 4
        scores = self.queries(x) + (1.0 - mask[:, :, None].float()) * -10000.0
        pooled = torch.matmul(torch.softmax(scores, dim=1).transpose(1, 2), x)
        return list(pooled.unbind(1))


def from_base(base: BaseEncoder, rows: np.ndarray, shape: Shape) -> Classifier:
    """The classifier with the base's encoder, the embeddings of `rows` (old ids), and fresh heads."""
    model = Classifier(shape)
    tensors = {name: torch.from_numpy(np.array(value, dtype=np.float32)) for name, value in base.tensors.items()}
    with torch.no_grad():
        model.word.weight.copy_(tensors["emb.word"][torch.from_numpy(rows)])
        # A comment has one part: the first token type is a constant, added to the positions once for all.
        model.position.copy_(tensors["emb.pos"][: shape.positions] + tensors["emb.type"][0])
        model.embedded_norm.weight.copy_(tensors["emb.ln.w"])
        model.embedded_norm.bias.copy_(tensors["emb.ln.b"])
        for i, layer in enumerate(model.encoder):
            layer.qkv.weight.copy_(torch.cat([tensors[f"l{i}.{name}.w"] for name in "qkv"]))
            layer.qkv.bias.copy_(torch.cat([tensors[f"l{i}.{name}.b"] for name in "qkv"]))
            for linear, name in ((layer.attended, "ao"), (layer.wide, "fi"), (layer.narrow, "fo")):
                linear.weight.copy_(tensors[f"l{i}.{name}.w"])
                linear.bias.copy_(tensors[f"l{i}.{name}.b"])
            for norm, name in ((layer.attended_norm, "aln"), (layer.norm, "oln")):
                norm.weight.copy_(tensors[f"l{i}.{name}.w"])
                norm.bias.copy_(tensors[f"l{i}.{name}.b"])
        for head in (model.tonality, model.areas, model.services, model.opinion):
            nn.init.normal_(head.weight, std=0.02)
            nn.init.zeros_(head.bias)
        if model.queries is not None:
            nn.init.zeros_(model.queries.weight)
            nn.init.zeros_(model.queries.bias)
    return model
