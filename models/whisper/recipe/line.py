"""What happens to speech on its way: another size of voice, gain, room, noise, music, the telephone's band and companding, lost packets, clipping;
and clips without a word."""
import numpy as np
import scipy.signal

RATE = 16_000
# ITU-T G.711, continuous form of the mu-law (mu = 255) and the A-law (A = 87.6).
MU, A = 255.0, 87.6
PACKET_S = 0.02


def _companded(x: np.ndarray, law: str) -> np.ndarray:
    """Eight bits a sample and back."""
    size, sign = np.abs(x).clip(0, 1), np.sign(x)
    if law == "mu":
        code = np.round(np.log1p(MU * size) / np.log1p(MU) * 127) / 127
        return sign * np.expm1(code * np.log1p(MU)) / MU
    top = 1 + np.log(A)
    code = np.where(size < 1 / A, A * size / top, (1 + np.log(np.maximum(A * size, 1e-9))) / top)
    code = np.round(code * 127) / 127
    return sign * np.where(code < 1 / top, code * top / A, np.exp(code * top - 1) / A)


def _noise(rng: np.random.Generator, length: int) -> np.ndarray:
    """White to brown: its spectrum falls with a random slope."""
    spectrum = np.fft.rfft(rng.standard_normal(length))
    spectrum *= np.maximum(np.arange(len(spectrum)), 1.0) ** -rng.uniform(0, 1)
    noise = np.fft.irfft(spectrum, length)
    return noise / (np.abs(noise).max() + 1e-9)


def telephone(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    narrow = scipy.signal.resample_poly(x, 1, 2)
    narrow = _companded(narrow.clip(-1, 1), "mu" if rng.random() < 0.6 else "a")
    if rng.random() < 0.25:
        packet, lost = int(RATE // 2 * PACKET_S), rng.uniform(0.01, 0.05)
        for start in range(0, len(narrow), packet):
            if rng.random() < lost:
                narrow[start:start + packet] = 0
    return scipy.signal.resample_poly(narrow, 2, 1)


def _other_size(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Played slower or faster, which moves pitch and formants together: a larger or a smaller speaker."""
    return scipy.signal.resample_poly(x, int(rng.integers(18, 23)), 20)


def _chord(rng: np.random.Generator, length: int) -> np.ndarray:
    """Four tones that swell: music as on hold, as far as its level and its harmony go."""
    time = np.arange(length) / RATE
    return sum(np.sin(2 * np.pi * f * time) for f in rng.uniform(110, 900, 4)) * (0.5 + 0.5 * np.sin(2 * np.pi * rng.uniform(0.5, 3) * time)) / 4


def worn(x: np.ndarray, rng: np.random.Generator, on_line: bool) -> np.ndarray:
    """A clip as it may arrive; `on_line` sends it through the telephone too."""
    if rng.random() < 0.4:
        x = _other_size(x, rng)
    loud = rng.random() < 0.08
    # Voices peak near 0.5: 12 dB more clip them.
    x = (x * 10 ** (rng.uniform(8, 14) / 20)).clip(-1, 1) if loud else x * 10 ** (rng.uniform(-20, 3) / 20)
    if rng.random() < 0.3:
        decay = np.exp(-np.arange(int(RATE * rng.uniform(0.05, 0.25))) / (RATE * rng.uniform(0.02, 0.08)))
        echo = rng.standard_normal(len(decay)) * decay
        x = x + rng.uniform(0.1, 0.4) * scipy.signal.fftconvolve(x, echo / np.sqrt((echo**2).sum()))[: len(x)]
    if rng.random() < 0.5:
        x = x + 10 ** (rng.uniform(-50, -26) / 20) * _noise(rng, len(x))
    elif rng.random() < 0.15:
        x = x + 10 ** (rng.uniform(-46, -26) / 20) * _chord(rng, len(x))
    return (telephone(x, rng) if on_line else x).clip(-1, 1).astype(np.float32)


def scrap(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """At most 0.12 s out of speech, too short for a word, in silence: what a cut-off leaves."""
    length = int(RATE * rng.uniform(0.03, 0.12))
    start = int(rng.integers(0, max(1, len(x) - length)))
    return np.pad(x[start:start + length], (int(RATE * rng.uniform(0, 0.3)), int(RATE * rng.uniform(0.2, 0.5)))).astype(np.float32)


def wordless(rng: np.random.Generator) -> np.ndarray:
    """Silence, noise, ringing, a chord as on hold, or keys: 0.5 to 8 s that hold no word."""
    length = int(RATE * rng.uniform(0.5, 8))
    time = np.arange(length) / RATE
    kind = rng.integers(5)
    level = 10 ** (rng.uniform(-50, -8) / 20)
    if kind == 0:
        x = rng.standard_normal(length) * 1e-4
    elif kind == 1:
        x = _noise(rng, length) * level
    elif kind == 2:
        x = np.sin(2 * np.pi * 425 * time) * (time % 6 < 1) * level
    elif kind == 3:
        x = _chord(rng, length) * level
    else:
        low, high = rng.choice([697, 770, 852, 941]), rng.choice([1209, 1336, 1477])
        x = (np.sin(2 * np.pi * low * time) + np.sin(2 * np.pi * high * time)) * (time % 0.4 < 0.15) * level / 2
    x = x.astype(np.float32)
    return (telephone(x, rng) if rng.random() < 0.5 else x).astype(np.float32)
