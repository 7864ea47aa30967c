"""Golden values for the tests: tokens of varied texts, and the shipped model's logits for sentences of our own, one at a time.

`python golden.py --folder models/tonality --out test/golden/tonality.json`
"""

import argparse
import json
from pathlib import Path

from evaluate import Shipped
from measure import sigmoid, softmax

SENTENCES = (
    "Hon var så hjälpsam och jag fick svar på allt, tack så mycket!",
    "jag väntade i femtio minuter och sen blev jag bortkopplad",
    "Det gick väl bra antar jag, men vi får se om de hör av sig.",
    "Hemsidan fungerade inte, men killen i telefonen löste det på två minuter.",
    "Ingen har svarat på mina mejl och nu är det tredje gången jag ringer.",
    "nej tack, inget mer",
    "Hemtjänsten kommer aldrig i tid.",
    "Sopbilen har hämtat varje vecka och det är vi nöjda med.",
    "Jag är inte missnöjd.",
    "Appen är krånglig.",
    "Bra!",
    "dåligt",
    "Ja hej, jag heter Karin.",
    "Skolan ringde tillbaka samma dag.",
    "Jag fick bygglov till slut, fast det tog ett halvår.",
)
TOKENS_ONLY = (
    "Växeln kopplade mig fel, tre gånger!",
    "  flera   mellanslag\toch\nradbrott  ",
    "Åsa, Örjan & Émile: 08-123 45 67 (kl. 9–17)",
    "ﬁn ½ ２０２６ Ⅳ",
    "snabbt 😀👍 svar",
    "Привет, 你好, سلام",
    "ÄÖÅ äöå ÉÈ",
    "medborgarkontorshandläggarens återuppringning",
    "",
    "1 2 3 4567890",
)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--folder", type=Path, default=Path(__file__).resolve().parent.parent)
    options.add_argument("--out", type=Path, required=True)
    chosen = options.parse_args()
    shipped = Shipped(chosen.folder)
    prefix = shipped.config["prefix"]
    tokens = [{"text": text, "ids": shipped.tokenizer.encode(prefix + text).ids} for text in (*TOKENS_ONLY, *SENTENCES)]
    out = shipped.logits(list(SENTENCES))
    rounded = {name: value.round(4).tolist() for name, value in out.items()}
    probabilities = softmax(out["tonality"] / shipped.thresholds.temperature).round(4).tolist()
    results = [
        {
            "text": text,
            "logits": {name: value[i] for name, value in rounded.items()},
            "probabilities": probabilities[i],
            "opinion": round(float(sigmoid(out["opinion"][i, 0])), 4),
        }
        for i, text in enumerate(SENTENCES)
    ]
    golden = {"version": shipped.config["version"], "prefix": prefix, "tokens": tokens, "results": results}
    chosen.out.write_text(json.dumps(golden, ensure_ascii=False, indent=1) + "\n", "utf8")


if __name__ == "__main__":
    main()
