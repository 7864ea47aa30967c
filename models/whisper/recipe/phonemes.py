"""Phonemes for many texts with few espeak-ng processes; the rules are those of ../shared/tools/speak.py."""
import importlib.util
import re
import subprocess
import types

import places

# A line that espeak-ng speaks as one known word; it marks where one clause ends, since a clause may give several lines.
_MARK = "zebra"
_CLAUSE = re.compile(r"(?<=[.,!?;:])\s+")


def load_speak() -> types.ModuleType:
    """The customer's speech tool as a module: its voices, spelling rules and phoneme map are used, not copied."""
    spec = importlib.util.spec_from_file_location("speak", places.SHARED / "tools" / "speak.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(f"expected the speech tool at {places.SHARED / 'tools' / 'speak.py'}")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _espeak(lines: list[str]) -> list[str]:
    result = subprocess.run(["espeak-ng", "-v", "sv", "--ipa", "-q"], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True)
    return [" ".join(line.split()) for line in result.stdout.splitlines()]


def phonemes(texts: list[str]) -> list[str]:
    """One phoneme string a text, the same as `speak.phonemes` gives for each, from a single process."""
    speak = load_speak()
    mark = _espeak([_MARK])[0]
    clauses: list[list[str]] = []
    for text in texts:
        text = text.lower()
        for written, spoken in speak.SPOKEN:
            text = re.sub(rf"\b{written}\b", spoken, text)
        clauses.append([clause for clause in _CLAUSE.split(text) if clause])
    lines = _espeak([line for text in clauses for clause in text for line in (clause, _MARK)])
    spoken_clauses: list[str] = []
    pending: list[str] = []
    for line in lines:
        if line == mark:
            spoken_clauses.append(" ".join(filter(None, pending)))
            pending = []
        else:
            pending.append(line)
    if len(spoken_clauses) != sum(map(len, clauses)):
        raise RuntimeError(f"expected {sum(map(len, clauses))} clauses from espeak-ng, got {len(spoken_clauses)}")
    result: list[str] = []
    each = iter(spoken_clauses)
    for text in clauses:
        ipa = " ".join(next(each) + (clause[-1] if clause[-1] in ".,!?;:" else "") for clause in text)
        for swedish, near in speak.NEAREST:
            ipa = ipa.replace(swedish, near)
        result.append(ipa)
    return result
