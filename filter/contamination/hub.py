"""Test sets from the Hugging Face Hub: where the target tasks live (`synth.evaluate`), and SQuAD's development split.

A set in two languages (Tatoeba) gives the texts of both.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from synth.errors import BadFlag
from synth.filter.contamination.index import TestText
from synth.filter.contamination.units import UNSPACED_LANGUAGES
from synth.languages import ENGLISH

if TYPE_CHECKING:
    from synth.evaluate.tasks.items import Item

SQUAD_DEV: Final = "squad_dev"
_QUESTION_IDS: Final = frozenset({"xquad", "mlqa", "tydiqa"})  # ids that are unique among all data sets


def hub_languages(test_set: str) -> tuple[str, ...]:
    """Languages in which the Hub has a test set.

    Raises:
        BadFlag: It has the set in none: its files have to be named.
    """
    if test_set == SQUAD_DEV:
        return (ENGLISH.code,)
    from synth.evaluate.data.hub import HubEval

    found = HubEval().languages(test_set, "test")
    if not found:
        raise BadFlag(f"the Hub does not have the test set {test_set} as it is needed here; name its files")
    return found


def hub_texts(test_set: str, lang: str) -> Iterator[TestText]:
    """Every text field of a test set in one language.

    Raises:
        BadSource: It cannot be loaded.
        BadFlag: The Hub has no such set or language.
    """
    if lang not in hub_languages(test_set):
        raise BadFlag(f"the Hub has no {test_set} in {lang}; leave it out, or name its files")
    if test_set == SQUAD_DEV:
        yield from _squad_dev()
        return
    from synth.evaluate.data.hub import HubEval

    made = HubEval().load(test_set, lang, "test")
    for item in made.items:
        yield from _texts(test_set, lang, item)
    for one in made.candidates if test_set == "tatoeba" else ():
        yield TestText(test_set, lang, "sentence", one.text)


def _squad_dev() -> Iterator[TestText]:
    from synth.sources.hub import Hub

    for example in Hub().load("squad_v1", "validation").examples:
        row = example.row
        yield TestText(SQUAD_DEV, ENGLISH.code, "context", row["context"])
        yield TestText(SQUAD_DEV, ENGLISH.code, "question", row["question"], example.source_id)


def _texts(test_set: str, lang: str, item: Item) -> Iterator[TestText]:
    from synth.evaluate.tasks.items import ChoiceItem, PairItem, QueryItem, SpanItem

    match item:
        case SpanItem():
            yield TestText(test_set, lang, "context", item.context)
            question_id = item.item_id if test_set in _QUESTION_IDS else ""
            yield TestText(test_set, lang, "question", item.question, question_id)
        case PairItem():
            yield TestText(test_set, lang, "sentence1", item.first)
            yield TestText(test_set, lang, "sentence2", item.second)
        case ChoiceItem():
            for number, text in enumerate((item.premise, *item.choices)):
                yield TestText(test_set, lang, f"choice{number}" if number else "premise", text)
        case QueryItem():  # Tatoeba asks in English; a mention of Mewsli-X has its document
            yield TestText(test_set, ENGLISH.code if test_set == "tatoeba" else lang, "text", item.text)
        case _:
            joiner = "" if lang in UNSPACED_LANGUAGES else " "
            yield TestText(test_set, lang, "tokens", joiner.join(item.tokens))
