"""Trims Whisper's multilingual vocabulary to what Swedish speech needs; any text stays writable.

Kept: every token that the Swedish texts, names and lists use (as written, in lower case and capitalised), the frequent Latin tokens (low ids: borrowed
words), all single bytes, every token on the way of merges to a kept one, and the special tokens. Since every merge that builds a kept token is kept
and none other is, text of the lists is cut into the same tokens as before, and other text falls back to shorter ones, at last to bytes.
"""
import json
import pathlib
import re
from collections.abc import Iterable

import numpy as np
from tokenizers import Tokenizer

import places
import texts

LANGUAGES = ("sv", "en")
SPECIAL = ["<|endoftext|>", "<|startoftranscript|>", *(f"<|{language}|>" for language in LANGUAGES), "<|translate|>", "<|transcribe|>", "<|startoflm|>",
           "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"]
TIMESTAMPS = [f"<|{step * 0.02:.2f}|>" for step in range(1501)]
# Merges come in the order of their frequency: the first thousands of Latin tokens hold the common words of English and its relatives.
FREQUENT_IDS = 14_000
_LATIN = re.compile(r"[ A-Za-zÀ-ÖØ-öø-ÿŠšŽž0-9.,!?:;'\"()%&/+*=#@_€$£§°-]+")
# OpenAI's names for the same token differ between exports of the tokenizer.
_SYNONYMS = {"<|nospeech|>": ("<|nospeech|>", "<|nocaptions|>")}


def _texts() -> Iterable[str]:
    data = places.SHARED / "data"
    yield from texts.comments()
    for file in sorted((data / "swedish-text").glob("*.tsv")):
        yield from file.read_text("utf8").splitlines()
    yield from (data / "municipalities.csv").read_text("utf8").replace(",", "\n").splitlines()
    for file in sorted((data / "lexicons").glob("*.*")):
        yield from (re.split(r"[\t,]", line)[0] for line in file.read_text("utf8").splitlines())
    yield from texts.training_texts()
    for block in (texts.SERVICES, texts.STREETS, texts.SHORT_ANSWERS, *texts.FIRST_NAMES, *texts.ENGLISH, *texts.NUMBERS, *texts.MONTHS, *texts.WEEKDAYS):
        yield block
    yield from (str(number) for number in range(3000))


def _variants(text: str) -> Iterable[str]:
    yield text
    yield text.lower()
    words = text.split()
    yield " ".join(word.capitalize() for word in words)
    yield from words


class Trimmed:
    """`kept[new id] = old id`, and the tokenizer that goes with it."""

    def __init__(self, kept: list[int], tokenizer: dict[str, object], special: dict[str, int]) -> None:
        self.kept = np.array(kept, np.int64)
        self.tokenizer = tokenizer
        self.special = special

    def save(self, file: pathlib.Path) -> None:
        file.write_text(json.dumps(self.tokenizer, ensure_ascii=False, separators=(",", ":")), "utf8")


def trim(source: pathlib.Path, everything: bool = False) -> Trimmed:
    """The trimmed vocabulary of a Hugging Face tokenizer.json; `everything` keeps all text tokens."""
    original = json.loads(source.read_text("utf8"))
    vocab: dict[str, int] = original["model"]["vocab"]
    merges: list[tuple[str, str]] = [tuple(m.split(" ")) if isinstance(m, str) else tuple(m) for m in original["model"]["merges"]]
    full = Tokenizer.from_file(str(source))
    by_id = {index: token for token, index in vocab.items()}
    used: set[int] = set(vocab.values()) if everything else set()
    if not everything:
        lines = list(dict.fromkeys(variant for text in _texts() for variant in _variants(text) if variant))
        for encoding in full.encode_batch(lines, add_special_tokens=False):
            used.update(index for index in encoding.ids if index in by_id)
        used.update(index for index in by_id if index < FREQUENT_IDS and _LATIN.fullmatch(full.decode([index])))
    parts = {left + right: (left, right) for left, right in reversed(merges)}
    needed = {token for token in vocab if len(token) == 1}
    pending = [by_id[index] for index in used]
    while pending:
        token = pending.pop()
        if token not in needed:
            needed.add(token)
            if token in parts:
                pending.extend(parts[token])
    text_tokens = sorted(needed & vocab.keys(), key=vocab.__getitem__)
    added = {entry["content"]: entry["id"] for entry in original["added_tokens"]}
    kept = [vocab[token] for token in text_tokens]
    entries, special = [], {}
    for name in [*SPECIAL, *TIMESTAMPS]:
        old = next(added[synonym] for synonym in _SYNONYMS.get(name, (name,)) if synonym in added)
        special[name] = len(kept)
        entries.append({"id": len(kept), "content": name, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True})
        kept.append(old)
    model = {**original["model"], "vocab": {token: index for index, token in enumerate(text_tokens)},
             "merges": [f"{left} {right}" for left, right in merges if left + right in needed and left in needed and right in needed]}
    return Trimmed(kept, {**original, "added_tokens": entries, "post_processor": None, "model": model}, special)


def suppressed(trimmed: Trimmed, tokenizer: Tokenizer) -> tuple[list[int], list[int]]:
    """(never produced, not produced first), by the original's rules: signs of what is no speech (brackets, notes, speaker tags), and the special tokens
    that are not text; at the beginning also the blank and the end. After OpenAI's tokenizer.non_speech_tokens and decoding.SuppressBlank.
    `tokenizer` is the untrimmed one: with the trimmed one a note would begin with a byte that it shares with ordinary signs."""
    new_id = {int(old): new for new, old in enumerate(trimmed.kept)}
    signs = list('"#()*+/:;<=>@[\\]^_`{|}~「」『』') + "<< >> <<< >>> -- --- -( -[ (' (\" (( )) ((( ))) [[ ]] {{ }} ♪♪ ♪♪♪".split()
    notes = set("♩♪♫♬♭♮♯")
    found: set[int] = set()
    # A hyphen or an apostrophe may stand inside a word, but not begin one.
    for first in (" -", " '"):
        found.update(tokenizer.encode(first, add_special_tokens=False).ids[:1])
    for sign in signs + list(notes):
        for form in (sign, " " + sign):
            ids = tokenizer.encode(form, add_special_tokens=False).ids
            if len(ids) == 1 or sign in notes:
                found.add(ids[0])
    never = ["<|transcribe|>", "<|translate|>", "<|startoftranscript|>", "<|startofprev|>", "<|startoflm|>", "<|nospeech|>", "<|notimestamps|>",
             *(f"<|{language}|>" for language in LANGUAGES)]
    blank = tokenizer.encode(" ", add_special_tokens=False).ids
    return (sorted({new_id[index] for index in found if index in new_id} | {trimmed.special[name] for name in never}),
            sorted({*(new_id[index] for index in blank), trimmed.special["<|endoftext|>"]}))


if __name__ == "__main__":
    import source
    _, file = source.load()
    result = trim(file)
    print(len(result.kept), "rows")
