"""Checks this recipe's Whisper against the original implementation (PyPI openai-whisper 20250625) with the same weights, in float32.

Compared: mel filters, log-mel, encoder output, logits of a teacher-forced text, suppressed tokens, greedy text; in torch and in the exported ONNX.
Needs `pip install --no-deps openai-whisper==20250625 && pip install tiktoken numba more-itertools`. Usage: verify.py [WAV ...] (default: the first four
measuring clips).
"""
import pathlib
import sys

import numpy as np
import torch
from tokenizers import Tokenizer

import export
import hear
import mel
import places
import sound
import source
import vocabulary
from model import Whisper


def reference(state: source.State):  # noqa: ANN201 - the original's class, known only where it is installed
    import whisper
    dimensions = Whisper.of(state).dimensions
    original = whisper.model.Whisper(whisper.model.ModelDimensions(
        dimensions.n_mels, dimensions.n_audio_ctx, dimensions.n_state, dimensions.n_head, dimensions.n_layer_encoder, dimensions.n_vocab,
        dimensions.n_text_ctx, dimensions.n_state, dimensions.n_head, dimensions.n_layer_decoder))
    missing, unexpected = original.load_state_dict(state, strict=False)
    assert not unexpected and all(name.endswith("mask") for name in missing), (missing, unexpected)
    return original.eval()


def main() -> None:
    import whisper
    files = [pathlib.Path(file) for file in sys.argv[1:]] or sorted((places.CACHE / "measure").glob("*.wav"))[:4]
    state, tokenizer_file = source.load()
    original, ours = reference(state), Whisper.of(state)
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    theirs = whisper.tokenizer.get_tokenizer(True, language="sv", task="transcribe")
    untrimmed = vocabulary.trim(tokenizer_file, everything=True)
    folder = places.CACHE / "verify"
    export.export(export.trimmed_state(state, untrimmed), untrimmed, tokenizer_file, folder, name="whisper-base", version="verify", tail_s=30, int8=False)
    ears = hear.Ears(folder)
    never, _ = vocabulary.suppressed(untrimmed, tokenizer)
    expected = whisper.decoding.DecodingTask(original, whisper.DecodingOptions(language="sv", fp16=False))._get_suppress_tokens()
    dropped = set(expected) - {int(untrimmed.kept[i]) for i in never} - {theirs.no_timestamps}
    extra = {int(untrimmed.kept[i]) for i in never} - set(expected) - {theirs.no_timestamps, *theirs.all_language_tokens}
    print("suppressed tokens: differing", len(dropped) + len(extra))
    print(f"mel filters: max difference {np.abs(mel.filters(80).numpy() - whisper.audio.mel_filters('cpu', 80).numpy()).max():.2e}")
    with torch.no_grad():
        for file in files:
            clip = sound.read(file)
            padded = mel.with_tail(clip, 30)
            reference_mel = whisper.log_mel_spectrogram(padded)
            own_mel = mel.log_mel(padded)
            encoded, own_encoded = original.encoder(reference_mel[None]), ours.encoder(own_mel[None])
            greedy = whisper.decode(original, reference_mel, whisper.DecodingOptions(language="sv", fp16=False, without_timestamps=True))
            tokens = torch.tensor([[*theirs.sot_sequence_including_notimestamps, *greedy.tokens]])
            logits, own_logits = original.decoder(tokens, encoded), ours.decoder(tokens, own_encoded)
            onnx_text = ears.hear(clip)
            print(f"{file.name}: log-mel {(reference_mel - own_mel).abs().max():.1e}, encoder {(encoded - own_encoded).abs().max():.1e}, "
                  f"logits {(logits - own_logits).abs().max():.1e}, greedy text of the ONNX {'the same' if onnx_text == greedy.text.strip() else f'differs: {onnx_text!r} / {greedy.text!r}'}")


if __name__ == "__main__":
    main()
