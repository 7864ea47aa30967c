"""Reads any recording as 16 kHz mono; WAV and FLAC by libsndfile, which also reads MP3."""
import math
import pathlib

import numpy as np
import scipy.signal
import soundfile
import torch
from torch import Tensor

RATE = 16_000


def read(file: pathlib.Path) -> Tensor:
    samples, rate = soundfile.read(file, dtype="float32", always_2d=True)
    mono = samples.mean(axis=1)
    if rate != RATE:
        common = math.gcd(rate, RATE)
        mono = scipy.signal.resample_poly(mono, RATE // common, rate // common)
    return torch.from_numpy(np.ascontiguousarray(mono, np.float32))
