"""The same definitions again in plain Python, one text at a time: what the arrays are held to."""

from __future__ import annotations

import itertools
import random
import unicodedata

from synth.filter.dedup.folding import SENTENCE_END
from synth.filter.dedup.shingles import GRAM_MULTIPLIERS

ALPHABETS = {
    "Latn": "abcdefghijklmnopqrstuvwxyzäöüñç",
    "Cyrl": "абвгдежзийклмнопрстуфхцчшщ",
    "Arab": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "Deva": "अआइईउऊएऐकखगघचछजझटठडढणतथदधनपफबभमयरलवशषसह",
    "Hani": "".join(chr(code) for code in range(0x4E00, 0x4E00 + 300)),
    "Thai": "กขคฆงจฉชซญดตถทธนบปผฝพฟภมยรลวสหอะาเแโไ",
    "Hang": "".join(chr(code) for code in range(0xAC00, 0xAC00 + 28 * 200, 28)),
}
LANGS = {"Latn": "es", "Cyrl": "ru", "Arab": "ar", "Deva": "hi", "Hani": "zh", "Thai": "th", "Hang": "ko"}


def fold(text: str) -> str:
    """NFC, one-to-one case folding, single blanks, no sentence-final marks unless there is nothing else."""
    folded = []
    for char in unicodedata.normalize("NFC", text):
        if char.isspace() or unicodedata.category(char) == "Cc":
            folded.append(" ")
        else:
            folded.append(char.casefold() if len(char.casefold()) == 1 else char)
    plain = " ".join("".join(folded).split(" ")).split(" ")
    plain_text = " ".join(word for word in plain if word)
    return plain_text.rstrip(SENTENCE_END + " ") or plain_text


def grams(text: str, n: int) -> list[str]:
    """Character n-grams of the folded text, or all of it where it is shorter."""
    text = fold(text)
    return [text[i : i + n] for i in range(len(text) - n + 1)] or [text]


def gram_hash(gram: str, n: int, bits: int) -> int:
    """The polynomial hash of an n-gram, padded with zeros."""
    value = 0
    for code in [*map(ord, gram), *[0] * (n - len(gram))]:
        value = (value + code) * GRAM_MULTIPLIERS[bits] % (1 << bits)
    return value


def jaccard(left: str, right: str, n: int) -> float:
    """Jaccard index of two texts."""
    a, b = set(grams(left, n)), set(grams(right, n))
    return len(a & b) / len(a | b)


def similar_pairs(rows: list[tuple[str, ...]], n: int, threshold: float) -> dict[tuple[int, int], float]:
    """All pairs of rows of which every field reaches the threshold."""
    sets = [[frozenset(grams(text, n)) for text in row] for row in rows]
    found = {}
    for (a, left), (b, right) in itertools.combinations(enumerate(sets), 2):
        value = min(len(x & y) / len(x | y) for x, y in zip(left, right, strict=True))
        if value >= threshold:
            found[a, b] = value
    return found


def corpus(script: str, rows: int, seed: int) -> list[str]:
    """Texts of 5 to 60 units, a third of them edited copies of others, some exact, a few of one character."""
    rng = random.Random(seed)
    letters = ALPHABETS[script]
    spaced = script not in ("Hani", "Thai")
    words = ["".join(rng.choices(letters, k=rng.randint(2, 8))) for _ in range(400)] if spaced else list(letters)
    texts = [list(rng.choices(words, k=rng.randint(5, 60))) for _ in range(rows * 2 // 3)]
    while len(texts) < rows - 4:
        text = list(rng.choice(texts))
        for _ in range(int(len(text) * rng.choice([0, 0.02, 0.05, 0.1, 0.3]))):
            text[rng.randrange(len(text))] = rng.choice(words)
        texts.append(text)
    joined = [(" " if spaced else "").join(text) for text in texts] + [letters[0], letters[1], letters[0], ""]
    rng.shuffle(joined)
    return joined
