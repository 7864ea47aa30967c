"""Makes a written comment look as a speech recogniser hears it: the words stay, their dress does not."""

import random
import re

# Never lost or changed: a comment without its negation has another label.
NEGATIONS = frozenset("inte aldrig ingen inget inga ej icke knappt utan nej varken knappast föga ingenting".split())
SMALL = frozenset("jag du han hon den det de dom en ett och att som så ju väl nog då på i av för till med om är var har hade man vi ni".split())
HEARD = {
    "och": "å", "att": "å", "det": "de", "är": "e", "jag": "ja", "mig": "mej", "dig": "dej", "sig": "sej", "de": "dom", "dem": "dom",
    "någon": "nån", "något": "nåt", "några": "nåra", "sådan": "sån", "sådant": "sånt", "sedan": "sen", "vad": "va", "var": "va",
    "med": "me", "till": "ti", "god": "go", "mycket": "mycke", "skall": "ska", "ni": "ne", "vi": "vi", "och": "o",
}
NEAR = ("pb", "td", "kg", "mn", "sz", "åo", "äe", "öå", "iy", "fv", "uo", "ea", "jg", "lr")
SWAPS = {a: b for pair in NEAR for a, b in (tuple(pair), tuple(reversed(pair)))}


def plain(text: str) -> str:
    """Lower case, no punctuation."""
    return " ".join(re.sub(r"[^\w\s'-]", " ", text.lower()).split())


def misheard(word: str, chance: random.Random) -> str:
    """One sound of a word as a near one, doubled or lost."""
    if len(word) < 4:
        return word
    at = chance.randrange(1, len(word))
    letter = word[at]
    kind = chance.random()
    if kind < 0.5:
        return word[:at] + SWAPS.get(letter.lower(), letter) + word[at + 1 :]
    return word[:at] + word[at + 1 :] if kind < 0.8 else word[:at] + letter + word[at:]


def heard(text: str, chance: random.Random, strength: float) -> str:
    """`text` with each kind of damage at a rate that `strength` (0 to 1) scales."""
    words = []
    for word in text.split():
        bare = re.sub(r"\W", "", word.lower())
        if bare in NEGATIONS:
            words.append(word)
            continue
        kind = chance.random() / max(strength, 1e-6)
        if kind < 0.06 and bare in SMALL:
            continue
        if kind < 0.15 and bare in HEARD:
            words.append(HEARD[bare])
        elif kind < 0.08:
            words.append(misheard(word, chance))
        elif kind < 0.13 and len(bare) >= 9:
            at = chance.randrange(3, len(word) - 3)
            words.append(word[:at] + " " + word[at:])
        elif kind < 0.15 and words and len(bare) >= 3 and words[-1].isalpha():
            words[-1] += word.lower()
        else:
            words.append(word)
    return " ".join(words) or text


def varied(text: str, chance: random.Random) -> str:
    """A training text as it may arrive: mostly as written, else plainer or as a recogniser hears it."""
    draw = chance.random()
    if draw < 0.6:
        return text
    if draw < 0.72:
        return plain(text)
    if draw < 0.8:
        return heard(text, chance, 0.5)
    damaged = heard(text, chance, chance.uniform(0.5, 1.5))
    return plain(damaged) if chance.random() < 0.6 else damaged
