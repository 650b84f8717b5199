"""Which reader takes a file of a target task apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from synth.errors import BadFlag
from synth.evaluate.data.pairs import read_pairs
from synth.evaluate.data.tagged import conllu_reader, tokens_reader
from synth.evaluate.tasks.base import EvalTask, Form
from synth.nearest import did_you_mean
from synth.sources.files import DataFile
from synth.sources.readers import Item, read_json, read_jsonl, read_parquet
from synth.sources.squad import read_squad

Reader = Callable[[DataFile], Iterator[Item]]

# Formats that a sources file may name, by form; the first is the default. Retrieval tasks have candidates beside their
# queries and one form only.
FORMATS: Final[Mapping[Form, tuple[str, ...]]] = {
    Form.PAIR: ("tsv", "jsonl", "json", "parquet"),
    Form.CHOICE: ("jsonl", "json", "parquet"),
    Form.TAGS: ("tokens", "conllu", "conllu_words", "jsonl", "parquet"),
    Form.SPAN: ("squad", "jsonl", "parquet"),
    Form.BITEXT: ("bitext",),
    Form.MINING: ("bucc",),
    Form.LINKING: ("mewslix",),
    Form.ANSWERS: ("lareqa",),
}


def format_of(task: EvalTask, file: DataFile, given: str | None, key: str) -> str:
    """The format of a file: the one that is named, or by the end of its name.

    Raises:
        BadFlag: The named format does not hold the task.
    """
    options = FORMATS[task.form]
    if given is not None:
        if given not in options:
            hint = did_you_mean(given, options)
            raise BadFlag(f"{key}: format {given!r} does not hold {task.name}. {hint} Use {', '.join(options)}")
        return given
    suffixes = [one for one in file.path.suffixes if one != ".gz"]
    named = suffixes[-1].removeprefix(".") if suffixes else ""
    return named if named in options else options[0]


def reader(name: str, lang: str) -> Reader:
    """The reader of a format that is one file a language."""
    plain: Mapping[str, Reader] = {
        "tsv": read_pairs,
        "jsonl": read_jsonl,
        "json": read_json,
        "parquet": read_parquet,
        "tokens": tokens_reader(lang),
        "conllu": conllu_reader("fused", lang),
        "conllu_words": conllu_reader("words", lang),
        "squad": read_squad,
    }
    return plain[name]
