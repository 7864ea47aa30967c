"""The texts that are spoken for training and for measuring.

Training mixes what citizens say after a call (comments), everyday Swedish (subtitles, short sentences), names of places and
services in carrier sentences, numbers in all their uses, short answers and single words. A tenth of all texts, by hash, is kept
out (`places.is_held_out`): the measuring comments and the validation texts come from there alone. The words of the guard
sets (natural recordings that never train) are not spoken as single words either, so that the guards stay a test of hearing.
"""
import collections
import csv
import dataclasses
import json
import random
import re
from collections.abc import Iterator

import places

# About 14 characters of Swedish a second: 2 to 12 s of speech.
MIN_CHARACTERS, MAX_CHARACTERS = 12, 165
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_ORDINARY = re.compile(r"[A-Za-zÅÄÖåäöÉéÜü0-9 .,!?:;'’\"()%/-]+")

SERVICES = """hemtjänsten färdtjänsten bygglovet sophämtningen förskolan grundskolan gymnasiet biblioteket simhallen parkeringen snöröjningen
vattenavgiften återvinningscentralen socialtjänsten försörjningsstödet äldreboendet bostadsanpassningen fritidsgården musikskolan idrottshallen
gatubelysningen cykelbanan detaljplanen serveringstillståndet budget- och skuldrådgivningen överförmyndaren stadsarkivet turistbyrån energirådgivningen
medborgarkontoret kontaktcenter växeln e-tjänsten mina sidor barnomsorgen skolskjutsen fritidshemmet anhörigstödet trygghetslarmet hemsjukvården
miljökontoret stadsbyggnadskontoret kulturskolan komvux vuxenutbildningen fastighetskontoret vigseln begravningen valnämnden hyresbidraget
feriejobbet dagverksamheten korttidsboendet LSS-boendet boendestödet familjerådgivningen jourtelefonen felanmälan lekplatsen badplatsen
slamtömningen fjärrvärmen bredbandet vatten och avlopp skolmaten busskortet parkeringstillståndet""".replace("\n", " ")
STREETS = """Storgatan Kungsgatan Drottninggatan Skolgatan Kyrkogatan Järnvägsgatan Parkvägen Björkvägen Ringvägen Strandvägen Hamngatan Nygatan
Norra vägen Södra Esplanaden Tallvägen Granstigen Bergsgatan Kvarnvägen Ängsvägen Linnégatan Vasagatan Fabriksgatan Trädgårdsgatan Östra
Långgatan Industrivägen Solrosvägen Blåbärsstigen Rönnvägen Prästgårdsgatan Hantverkargatan Smedjegatan Sveavägen Magasinsgatan"""
FIRST_NAMES = """Anna Erik Maria Lars Karin Anders Sara Johan Emma Mikael Lena Ahmed Fatima Mohamed Amina Björn Åsa Göran Märta Ulla Kerstin Sven Ingrid
Gunnar Birgitta Elin Oskar Wilma Hugo Alice Nils Astrid Omar Leila Ali Zahra Ewa Piotr Goran Jelena Mehmet Aino Pekka Yusuf Linnea Viktor Maja Leo
Siv Berit Kjell Rolf Inger Håkan Örjan Åke Agneta Yvonne Camilla Jonas Peter Malin Therese Mattias""".split()
MONTHS = "januari februari mars april maj juni juli augusti september oktober november december".split()
WEEKDAYS = "måndag tisdag onsdag torsdag fredag lördag söndag".split()
NUMBERS = """noll ett två tre fyra fem sex sju åtta nio tio elva tolv tretton fjorton femton sexton sjutton arton nitton tjugo trettio fyrtio femtio sextio sjuttio
åttio nittio hundra tusen""".split()
ENGLISH = """service center support online mejl mail e-mail chat chatt login app appen website feedback smart jobb team dejt weekend deal fair nice okay okej sorry
business management workshop deadline meeting code link password username update upgrade download upload streaming computer laptop router wifi server browser
Facebook Instagram Google YouTube Teams Zoom Outlook Excel iPhone Android Samsung Windows Microsoft Bluetooth podcast blogg story live cool random basic check
checka fixa mejla chatta googla swisha scrolla logga printa booka cancel tracking shopping outlet second hand fast food take away fitness gym coach
bootcamp after work home office call center helpdesk self service voice mail human resources know-how public service""".split()
SHORT_ANSWERS = """Ja. Nej. Jo. Ja tack. Nej tack. Absolut. Precis. Kanske. Vet inte. Jag vet inte. Inget särskilt. Ingen kommentar. Nej, inget mer. Det var allt. Tack så mycket.
Tack. Tack för hjälpen. Hej. Hej hej. Hej då. Hallå? Jo, det var bra. Mycket bra. Helt okej. Sådär. Inte så bra. Dåligt. Jättebra. Bra. Toppen. Suveränt.
Perfekt. Uselt. Katastrof. Nöjd. Missnöjd. Inte alls. Jodå. Nja. Tja. Mm. Just det. Lagom. Okej. Varsågod. Ursäkta. Förlåt. Vänta lite. Ett ögonblick. Vad sa du?
Kan du säga det igen? Jag hör inte. Ja, det stämmer. Nej, det stämmer inte. Det går bra. Det gick fort. Det tog lång tid. Trevligt bemötande. Snabb hjälp.
Ingen svarade. Bra service. Dålig service. Väldigt nöjd. Fem av fem. En etta. En femma. Tio poäng. Noll. Inget svar. Återkom gärna. Ring mig.
Fortsätt så. Skärpning. Ganska bra. Helt värdelöst. Det var som vanligt. Ingenting. Mycket trevlig. Kunnig och snäll. God morgon. God kväll. Trevlig helg.
Ha det bra. Vi hörs. Vi ses. Lycka till. Grattis. Välkommen. Skål. Hjälp. Stopp. Vad kostar det? Var ligger det? När stänger ni? Vem är det? Hur mår du?
Varför det? Vilken dag? Hur länge? Nästa vecka. I morgon. I går kväll. På onsdag. Om en timme. Till höger. Till vänster. Rakt fram. Här borta. Ingen orsak.""".replace("\n", " ")

CARRIERS_PLACE = ["Jag bor i {p} och ringde om {s}.", "Jag ringde {p} kommun angående {s}.", "{p} kommun har skött {s} väldigt bra.", "I {p} fungerar {s} inte alls.",
                  "Vi flyttade från {p} till {q} i {m}.", "Kontaktcenter i {p} kopplade mig till {s}.", "Jag undrar över {s} i {p}.", "Är det {p} eller {q} som sköter {s}?",
                  "Hej, jag heter {n} och ringer från {p}.", "Det är skillnad på {p} och {q}.", "{p}", "{p} kommun", "Från {p} till {q}.", "Min mamma bor i {p}."]
CARRIERS_SERVICE = ["Det gällde {s}.", "Frågan om {s} fick jag inget svar på.", "Hon visste allt om {s}.", "{S} har blivit sämre sen i {m}.", "Jag fick vänta på {s} i {k} veckor.",
                    "{S}, tack.", "Beslutet om {s} kom först i {m}.", "Ni borde informera bättre om {s}.", "Tack för hjälpen med {s}, {n}!", "Vem ansvarar för {s}?"]
CARRIERS_STREET = ["Jag bor på {g} {k}.", "Lampan på {g} har varit trasig sen i {d}s.", "Det är hål i vägen vid {g} {k}.", "Adressen är {g} {k}, {p}.", "Vid korsningen {g} och {h} är det halt.",
                   "De plogar aldrig {g}.", "Hämta soporna på {g} {k} i stället."]
CARRIERS_TIME = ["Jag ringde klockan {t} i {d}s.", "Jag satt i kö i {k} minuter.", "Mötet är {d}en den {o} {m}.", "Den {o} {m} klockan {t}.", "Det tog {k} dagar innan {n} ringde tillbaka.",
                 "Ni stänger redan klockan {t} på {d}ar.", "Klockan {t}", "{d} den {o} {m}", "Jag har ringt {k} gånger sen den {o} {m}.", "Jag var nummer {k} i kön."]
CARRIERS_AMOUNT = ["Fakturan var på {b} kronor.", "Avgiften höjdes från {b} till {c} kronor.", "Det kostar {b} kronor i månaden.", "Jag fick tillbaka {b} kronor.", "{b} kronor",
                   "Vi betalar {b} kronor för {s}.", "Mitt ärendenummer är {e}.", "Telefonnumret är {f}.", "År {y} var det bättre.", "Ungefär {k} procent av svaren."]


def clean(text: str) -> str:
    text = re.sub(r"^[-–—\s]+", "", text.replace("…", "...").replace("–", "-").replace("”", '"').replace("“", '"'))
    return " ".join(text.split())


def comments() -> list[str]:
    """All comments, in file order, each once."""
    found: dict[str, None] = {}
    for file in sorted((places.SHARED / "data" / "comments").glob("*/*.jsonl")):
        for line in file.read_text("utf8").splitlines():
            if line.strip():
                found[" ".join(json.loads(line)["text"].split())] = None
    return list(found)


def swedish_text() -> list[str]:
    """Lines of subtitles and sentences of debate, with the leading dashes of dialogue taken away."""
    folder = places.SHARED / "data" / "swedish-text"
    lines = [line.split("\t")[0] for line in (folder / "xed-sv.tsv").read_text("utf8").splitlines()]
    for name, column in (("absabank-imm_train.tsv", "text"), ("argumentation-sentences_train.tsv", "sentence")):
        with open(folder / name, encoding="utf8", newline="") as handle:
            for row in csv.DictReader(handle, delimiter="\t", quoting=csv.QUOTE_NONE):
                lines.extend(_SENTENCE_END.split(row[column] or ""))
    dialogue = (part for line in lines for part in re.split(r"(?:^|(?<=[.!?]) )- ", line))
    return [text for text in map(clean, dialogue) if text]


def municipalities() -> list[str]:
    with open(places.SHARED / "data" / "municipalities.csv", encoding="utf8", newline="") as handle:
        return [row["municipality_name_short"] for row in csv.DictReader(handle)]


def guard_words() -> set[str]:
    """The words of the natural recordings that are never trained on."""
    audio = places.SHARED / "data" / "audio"
    lines = (audio / "words" / "transcript.txt").read_text("utf8").splitlines() + (audio / "talesyntese" / "test_sentences.txt").read_text("utf8").splitlines()
    return {" ".join(re.findall(r"\w+", line.split("|")[-1].lower())) for line in lines if "|" in line}


def _pieces(text: str, rng: random.Random) -> Iterator[str]:
    """A long comment as stretches of whole sentences that are short enough for one clip."""
    limit = rng.choice((60, 110, MAX_CHARACTERS, MAX_CHARACTERS))
    piece = ""
    for sentence in _SENTENCE_END.split(text):
        if piece and len(piece) + len(sentence) + 1 > limit:
            yield piece
            piece = ""
        piece = f"{piece} {sentence}".strip()
    if piece:
        yield piece


def _speakable(text: str, least: int = MIN_CHARACTERS) -> bool:
    return least <= len(text) <= MAX_CHARACTERS and _ORDINARY.fullmatch(text) is not None


def _carriers(rng: random.Random, count: int) -> Iterator[str]:
    towns, services, streets = municipalities(), SERVICES.split(" "), STREETS.split()
    services = [s for s in services if len(s) > 4]
    groups = (CARRIERS_PLACE, CARRIERS_SERVICE, CARRIERS_STREET, CARRIERS_TIME, CARRIERS_AMOUNT)
    for index in range(count):
        carrier = rng.choice(groups[index % len(groups)])
        service = rng.choice(services)
        hour, minute = rng.randint(6, 21), rng.choice(("00", "15", "30", "45", "10", "20"))
        time = rng.choice((f"{hour}.{minute}", f"halv {NUMBERS[hour % 12 + 1]}", f"kvart över {NUMBERS[max(1, hour % 13)]}", f"kvart i {NUMBERS[max(1, hour % 13)]}", NUMBERS[max(1, hour % 13)]))
        small = rng.randint(2, 95)
        text = carrier.format(
            p=towns[index % len(towns)] if rng.random() < 0.7 else rng.choice(towns), q=rng.choice(towns), s=service, S=service[:1].upper() + service[1:],
            m=rng.choice(MONTHS), n=rng.choice(FIRST_NAMES), k=rng.choice((str(small), NUMBERS[rng.randint(2, 20)])), g=rng.choice(streets), h=rng.choice(streets), d=rng.choice(WEEKDAYS),
            o=rng.choice([str(rng.randint(1, 31)), "första", "andra", "tredje", "femte", "tionde", "tolfte", "femtonde", "tjugonde", "trettionde"]), t=time,
            b=rng.choice((str(rng.randint(50, 999)), str(rng.randint(10, 95) * 100), f"{rng.randint(2, 40)} 500")), c=str(rng.randint(100, 1999)),
            e=" ".join(str(rng.randint(0, 9)) for _ in range(rng.randint(3, 5))), f=f"0{rng.randint(10, 99)} {rng.randint(10, 99)} {rng.randint(10, 99)} {rng.randint(10, 99)}",
            y=str(rng.randint(1950, 2026)))
        yield text[:1].upper() + text[1:]


def single_words(rng: random.Random, count: int) -> list[str]:
    """Different words of the Swedish texts, spoken alone: hearing one word without a sentence around it is easily unlearned."""
    frequency: collections.Counter[str] = collections.Counter()
    for text in comments() + swedish_text():
        if not places.is_held_out(text):
            frequency.update(re.findall(r"[a-zåäöé]{3,14}", text.lower()))
    guard = guard_words()
    words = [word for word, times in frequency.items() if 2 <= times and word not in guard and not places.is_held_out(word)]
    weights = {word: min(frequency[word], 30) ** 0.5 for word in words}
    return sorted(words, key=lambda word: rng.random() ** (1 / weights[word]), reverse=True)[:count]


def training_texts(seed: int = 20) -> list[str]:
    """Every training text in a fixed random order, so that any beginning of the list is the same mix."""
    rng = random.Random(seed)
    kept_comments = [text for text in comments() if not places.is_held_out(text)]
    pieces = [piece for text in kept_comments for piece in _pieces(text, rng)]
    everyday = [text for text in swedish_text() if not places.is_held_out(text)]
    words = single_words(rng, 2600)
    alone = [word.capitalize() + rng.choice(("", ".")) for word in words[:1500]]
    groups = [", ".join(words[i:i + rng.randint(2, 5)]).capitalize() + "." for i in range(1500, 2600, 3)]
    english = [rng.choice(("{w}", "{W}.", "{W}", "Jag fick ett {w}.", "Det var en bra {w}.", "Ni borde ha {w}.", "{w} och {v}", "Kan man göra det via {w} eller {v}?")).format(
        w=word, W=word[:1].upper() + word[1:], v=rng.choice(ENGLISH)) for word in ENGLISH for _ in range(2)]
    answers = [text for text in _SENTENCE_END.split(SHORT_ANSWERS)]

    def pick(candidates: list[str], count: int, least: int = MIN_CHARACTERS) -> list[str]:
        unique = [text for text in dict.fromkeys(map(clean, candidates)) if _speakable(text, least)]
        rng.shuffle(unique)
        return unique[:count]

    guard = guard_words()
    chosen = (pick(pieces, 3200) + pick(everyday, 1100, 4) + pick(list(_carriers(rng, 1400)), 700, 3) + pick(alone, 850, 2) + pick(groups, 160, 4)
              + pick(english, 110, 2) + pick(answers, 150, 2))
    chosen = [text for text in dict.fromkeys(chosen) if " ".join(re.findall(r"\w+", text.lower())) not in guard]
    rng.shuffle(chosen)
    return chosen


def measuring_texts(count: int = 72, seed: int = 7) -> list[str]:
    """Whole comments of the held-out tenth that one clip can hold (speak.py cuts at 505 phonemes)."""
    candidates = [text for text in comments() if places.is_held_out(text) and 12 <= len(text) <= 330]
    return random.Random(seed).sample(candidates, count)


@dataclasses.dataclass(frozen=True)
class Judged:
    text: str
    tonality: str


def judged_texts(each: int = 50, seed: int = 9) -> list[Judged]:
    """Comments that neither the tonality model nor the speech model learns from, `each` of every tonality: they measure the way from speech to verdict.
    From files that the tonality model keeps apart; of those that are spoken for training here, the held-out tenth alone."""
    folder = places.REPOSITORY / "models" / "tonality" / "data"
    measured = set(measuring_texts())
    spoken = set(comments())
    by_tonality: dict[str, list[Judged]] = {"positiv": [], "skeptisk": [], "negativ": []}
    for theme, files in json.loads((folder / "split.json").read_text("utf8"))["themes"].items():
        for file in (*files["validation"], *files["test"]):
            for line in (folder / theme / file).read_text("utf8").splitlines():
                row = json.loads(line)
                text = " ".join(row["text"].split())
                apart = text not in spoken or (places.is_held_out(text) and text not in measured)
                if row["tonality"] in by_tonality and apart and 12 <= len(text) <= 330:
                    by_tonality[row["tonality"]].append(Judged(text, row["tonality"]))
    rng = random.Random(seed)
    return [judged for group in by_tonality.values() for judged in rng.sample(group, min(each, len(group)))]


def validation_texts(seed: int = 8) -> list[str]:
    """Held-out comments that are not measured on, and held-out everyday Swedish: they choose between checkpoints and mixes."""
    rng = random.Random(seed)
    measured = set(measuring_texts())
    spoken = [text for text in comments() if places.is_held_out(text) and text not in measured and 12 <= len(text) <= MAX_CHARACTERS]
    everyday = [text for text in swedish_text() if places.is_held_out(text) and _speakable(text, 8)]
    return rng.sample(spoken, 50) + rng.sample(everyday, 30)


if __name__ == "__main__":
    texts = training_texts()
    print(len(texts), "training texts,", sum(map(len, texts)) // 14 // 60, "minutes;", len(municipalities()), "municipalities")
    print("\n".join(texts[:40]))
