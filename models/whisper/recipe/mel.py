"""Whisper's log-mel spectrogram: 25 ms Hann windows each 10 ms, 80 or 128 Slaney mel bands up to 8 kHz, log10, the top 80 dB, (x + 4) / 4.

The filters are computed (Slaney's scale: linear below 1 kHz, logarithmic above, each filter of equal area), not read from a file;
verify.py checks that they and the spectrogram agree with the original's.
"""
import functools
import math

import numpy as np
import torch
from torch import Tensor

RATE = 16_000
WINDOW = 400
HOP = 160
FRAMES_A_SECOND = RATE // HOP


def _mel_to_hz(mel: np.ndarray) -> np.ndarray:
    linear = mel * 200 / 3
    return np.where(mel < 15, linear, 1000 * np.exp(math.log(6.4) / 27 * (mel - 15)))


@functools.cache
def filters(n_mels: int) -> Tensor:
    """[n_mels, 201]"""
    top = 15 + 27 * math.log(8) / math.log(6.4)
    edges = _mel_to_hz(np.linspace(0, top, n_mels + 2))
    bins = np.linspace(0, RATE / 2, WINDOW // 2 + 1)
    rising = (bins[None] - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - bins[None]) / (edges[2:] - edges[1:-1])[:, None]
    weights = np.maximum(0, np.minimum(rising, falling)) * (2 / (edges[2:] - edges[:-2]))[:, None]
    return torch.from_numpy(weights.astype(np.float32))


def log_mel(sound: Tensor, n_mels: int = 80) -> Tensor:
    """sound [samples] at 16 kHz, its tail of silence already appended -> [n_mels, frames], frames even"""
    spectrum = torch.stft(sound, WINDOW, HOP, window=torch.hann_window(WINDOW), return_complex=True)[..., :-1].abs() ** 2
    log = (filters(n_mels) @ spectrum).clamp(min=1e-10).log10()
    log = torch.maximum(log, log.max() - 8.0)
    log = (log + 4) / 4
    return log[:, : log.shape[1] // 2 * 2]


def with_tail(sound: Tensor, seconds: float) -> Tensor:
    """Silence behind the speech, up to the model's 30 s and to a whole number of encoder frames (20 ms)."""
    step = 2 * HOP
    wanted = min(30 * RATE, math.ceil((len(sound) + seconds * RATE) / step) * step)
    return torch.nn.functional.pad(sound[:wanted], (0, max(0, wanted - len(sound))))
