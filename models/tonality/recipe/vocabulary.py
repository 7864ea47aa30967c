"""Trims the 250,002 pieces of the encoder to those that Swedish needs, and writes them as a Hugging Face tokenizer."""

import csv
import json
import unicodedata
from pathlib import Path

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import Unigram

from base_encoder import BaseEncoder

# 26,000 rows of 384 bytes are 10 MB: with the 21 MB of int8 layers the model stays under 35 MB.
PIECES = 26_000
SPACE = "\u2581"
# Latin letters with their marks, digits, punctuation, currency and other signs: a text of these never needs <unk>.
FALLBACK_RANGES = ((0x20, 0x180), (0x2010, 0x2070), (0x20A0, 0x20C0), (0x2190, 0x21FF), (0x2600, 0x27BF), (0x1F300, 0x1FAFF))


def tokenizer_of(pieces: list[str], scores: list[float]) -> Tokenizer:
    """A unigram tokenizer over `pieces`, whose first four are <s>, <pad>, </s> and <unk>."""
    tokenizer = Tokenizer(Unigram(list(zip(pieces, [float(score) for score in scores])), unk_id=3, byte_fallback=False))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement=SPACE, prepend_scheme="always", split=True)
    tokenizer.decoder = decoders.Metaspace(replacement=SPACE, prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    return tokenizer


def corpus_lines(data: Path, shared: Path | None) -> list[str]:
    """All Swedish text at hand: the comments, and general text, lexicons and place names where `shared` has them."""
    lines = []
    for path in sorted(data.glob("*/*.jsonl")):
        lines += [json.loads(line)["text"] for line in path.read_text("utf8").splitlines()]
    if shared is not None:
        for path in sorted((shared / "data/swedish-text").glob("*.tsv")):
            lines += [" ".join(row) for row in csv.reader(path.open(encoding="utf8"), delimiter="\t", quoting=csv.QUOTE_NONE)]
        for path in sorted((shared / "data/lexicons").glob("*.*")):
            lines += path.read_text("utf8").replace(",", " ").splitlines()
        lines += (shared / "data/municipalities.csv").read_text("utf8").replace(",", " ").splitlines()
    return lines


def latin(piece: str) -> bool:
    return all(character == SPACE or (ord(character) < 0x180 and character.isprintable()) for character in piece)


def kept_pieces(base: BaseEncoder, lines: list[str]) -> list[int]:
    """The ids to keep, in their old order: special ones, every piece that the text uses, single characters, then the commonest Latin ones."""
    usable = base.pieces.index("<mask>")
    full = tokenizer_of(base.pieces[:usable], base.scores[:usable])
    keep = {0, 1, 2, 3}
    # Also as written without capitals, and with one at the start: dictation and recognisers differ in them.
    for variant in (lines, [line.lower() for line in lines], [line.capitalize() for line in lines]):
        for encoding in full.encode_batch(["query: " + line for line in variant]):
            keep.update(encoding.ids)
    characters = {chr(code) for first, last in FALLBACK_RANGES for code in range(first, last)} | {SPACE}
    characters |= {unicodedata.normalize("NFKC", character) for character in characters}
    keep.update(i for i, piece in enumerate(base.pieces[:usable]) if piece in characters or piece.removeprefix(SPACE) in characters)
    # The pieces are stored by falling frequency over all languages, so the first Latin ones are the commonest.
    for i, piece in enumerate(base.pieces[:usable]):
        if len(keep) >= PIECES:
            break
        if latin(piece):
            keep.add(i)
    return sorted(keep)


def trimmed(base: BaseEncoder, data: Path, shared: Path | None) -> tuple[Tokenizer, np.ndarray]:
    """The trimmed tokenizer, and the old ids of its rows, int64 [pieces]."""
    ids = kept_pieces(base, corpus_lines(data, shared))
    return tokenizer_of([base.pieces[i] for i in ids], [base.scores[i] for i in ids]), np.array(ids)
