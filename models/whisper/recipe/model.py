"""Whisper in torch, as small as it can be read: Radford et al., 'Robust Speech Recognition via Large-Scale Weak Supervision' (2022).

Parameters carry the names of the original implementation (github.com/openai/whisper, MIT), so that both take the same state dict.
Unlike it, the encoder takes a spectrogram of any even length (the position embedding is sliced) and the decoder takes a mask over the
encoder's frames, so that clips of different length share a batch. verify.py checks it against the original.
"""
import dataclasses

import torch
import torch.nn.functional as F
from torch import Tensor, nn

FRAMES_A_TOKEN = 2


@dataclasses.dataclass(frozen=True)
class Dimensions:
    """The sizes that tell one Whisper from another."""
    n_mels: int
    n_audio_ctx: int
    n_state: int
    n_head: int
    n_layer_encoder: int
    n_layer_decoder: int
    n_vocab: int
    n_text_ctx: int

    @staticmethod
    def of(state: dict[str, Tensor]) -> "Dimensions":
        """Read from the shapes of a state dict; every Whisper has heads of 64."""
        n_state = state["decoder.ln.weight"].shape[0]
        count = {side: 1 + max(int(name.split(".")[2]) for name in state if name.startswith(f"{side}.blocks.")) for side in ("encoder", "decoder")}
        return Dimensions(state["encoder.conv1.weight"].shape[1], state["encoder.positional_embedding"].shape[0], n_state, n_state // 64,
                          count["encoder"], count["decoder"], state["decoder.token_embedding.weight"].shape[0], state["decoder.positional_embedding"].shape[0])


class Attention(nn.Module):
    def __init__(self, n_state: int, n_head: int) -> None:
        super().__init__()
        self.n_head = n_head
        self.query = nn.Linear(n_state, n_state)
        self.key = nn.Linear(n_state, n_state, bias=False)
        self.value = nn.Linear(n_state, n_state)
        self.out = nn.Linear(n_state, n_state)

    def heads(self, x: Tensor) -> Tensor:
        """[batch, n, state] -> [batch, head, n, 64]"""
        return x.unflatten(-1, (self.n_head, -1)).transpose(1, 2)

    def keys_values(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.heads(self.key(x)), self.heads(self.value(x))

    def forward(self, x: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None = None, causal: bool = False) -> Tensor:
        attended = F.scaled_dot_product_attention(self.heads(self.query(x)), keys, values, attn_mask=mask, is_causal=causal)
        return self.out(attended.transpose(1, 2).flatten(2))


class Block(nn.Module):
    def __init__(self, n_state: int, n_head: int, cross: bool) -> None:
        super().__init__()
        self.attn = Attention(n_state, n_head)
        self.attn_ln = nn.LayerNorm(n_state)
        if cross:
            self.cross_attn = Attention(n_state, n_head)
            self.cross_attn_ln = nn.LayerNorm(n_state)
        self.mlp = nn.Sequential(nn.Linear(n_state, 4 * n_state), nn.GELU(), nn.Linear(4 * n_state, n_state))
        self.mlp_ln = nn.LayerNorm(n_state)

    def attend(self, x: Tensor, causal: bool, mask: Tensor | None = None) -> Tensor:
        normed = self.attn_ln(x)
        return x + self.attn(normed, *self.attn.keys_values(normed), mask=mask, causal=causal)

    def feed(self, x: Tensor) -> Tensor:
        return x + self.mlp(self.mlp_ln(x))


class Encoder(nn.Module):
    def __init__(self, d: Dimensions) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(d.n_mels, d.n_state, 3, padding=1)
        self.conv2 = nn.Conv1d(d.n_state, d.n_state, 3, stride=2, padding=1)
        self.positional_embedding = nn.Parameter(torch.zeros(d.n_audio_ctx, d.n_state), requires_grad=False)
        self.blocks = nn.ModuleList(Block(d.n_state, d.n_head, cross=False) for _ in range(d.n_layer_encoder))
        self.ln_post = nn.LayerNorm(d.n_state)

    def stem(self, mel: Tensor) -> Tensor:
        x = F.gelu(self.conv2(F.gelu(self.conv1(mel)))).transpose(1, 2)
        return x + self.positional_embedding[: x.shape[1]]

    def forward(self, mel: Tensor) -> Tensor:
        """mel [batch, mels, frames] (frames even) -> [batch, frames / 2, state]"""
        return self.upper(self.stem(mel), 0)

    def upper(self, x: Tensor, first: int, mask: Tensor | None = None) -> Tensor:
        """The blocks from `first` on, and the last normalisation; mask as the decoder's."""
        for block in self.blocks[first:]:
            x = block.feed(block.attend(x, causal=False, mask=mask))
        return self.ln_post(x)


class Decoder(nn.Module):
    def __init__(self, d: Dimensions) -> None:
        super().__init__()
        self.token_embedding = nn.Embedding(d.n_vocab, d.n_state)
        self.positional_embedding = nn.Parameter(torch.zeros(d.n_text_ctx, d.n_state))
        self.blocks = nn.ModuleList(Block(d.n_state, d.n_head, cross=True) for _ in range(d.n_layer_decoder))
        self.ln = nn.LayerNorm(d.n_state)

    def states(self, tokens: Tensor, encoded: Tensor, mask: Tensor | None = None) -> Tensor:
        """tokens [batch, n]; mask [batch, 1, 1, frames / 2], additive -> the states before the output layer, [batch, n, state]"""
        x = self.token_embedding(tokens) + self.positional_embedding[: tokens.shape[1]]
        for block in self.blocks:
            x = block.attend(x, causal=True)
            x = x + block.cross_attn(block.cross_attn_ln(x), *block.cross_attn.keys_values(encoded), mask=mask)
            x = block.feed(x)
        return self.ln(x)

    def forward(self, tokens: Tensor, encoded: Tensor, mask: Tensor | None = None) -> Tensor:
        return self.states(tokens, encoded, mask) @ self.token_embedding.weight.T


class Whisper(nn.Module):
    def __init__(self, d: Dimensions) -> None:
        super().__init__()
        self.dimensions = d
        self.encoder = Encoder(d)
        self.decoder = Decoder(d)

    @staticmethod
    def of(state: dict[str, Tensor]) -> "Whisper":
        model = Whisper(Dimensions.of(state))
        model.load_state_dict({name: tensor.float() for name, tensor in state.items()})
        return model.eval()


def frame_mask(lengths: Tensor, frames: int) -> Tensor:
    """Additive mask [batch, 1, 1, frames] that hides what lies behind each clip's own length (in encoder frames)."""
    hidden = torch.arange(frames)[None, :] >= lengths[:, None]
    return torch.zeros(hidden.shape).masked_fill(hidden, -1e9)[:, None, None, :]
