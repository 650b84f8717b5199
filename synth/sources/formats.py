"""The formats that a YAML file may name, and guessing the format of a file that it does not name."""

from __future__ import annotations

import json
from dataclasses import dataclass

from synth.errors import BadFlag, BadSource
from synth.nearest import nearest
from synth.sources.ccgbank import read_auto
from synth.sources.files import DataFile, head
from synth.sources.readers import Reader, read_json, read_jsonl, read_parquet
from synth.sources.squad import read_squad
from synth.sources.tables import CSV, TSV, WANG2017, Table

_SQUAD = ("squad_v1", "squad_v2")
_NLI = ("mnli", "anli_plus")


@dataclass(frozen=True, slots=True)
class Format:
    """One way of writing a data set.

    Args:
        name: What the YAML file calls it.
        reader: What takes it apart.
        tasks: Tasks whose data comes in it; empty for the general forms that hold the Hub's columns of any task.
        origin: Part of ANLI+ that it is, where the format tells.
        help: One line for the documentation and for `--help`.
    """

    name: str
    reader: Reader
    tasks: tuple[str, ...] = ()
    origin: str = ""
    help: str = ""


FORMATS: dict[str, Format] = {
    entry.name: entry
    for entry in (
        Format("squad", read_squad, _SQUAD, help="SQuAD v1.1 or v2.0 JSON"),
        Format("hellaswag_jsonl", read_jsonl, ("hellaswag",), help="the authors' JSON lines"),
        Format("commonsense_qa_jsonl", read_jsonl, ("commonsense_qa",), help="the authors' JSON lines, nested"),
        Format("cosmos_qa_csv", CSV, ("cosmos_qa",), help="the authors' csv"),
        Format("cosmos_qa_jsonl", read_jsonl, ("cosmos_qa",), help="the authors' JSON lines"),
        Format("snli_tsv", TSV, ("anli_plus",), "snli", "SNLI's .txt, GLUE's tsv, or any tsv with its header"),
        Format("snli_jsonl", read_jsonl, ("anli_plus",), "snli", "SNLI's JSON lines, or premise/hypothesis/label"),
        Format("mnli_tsv", TSV, _NLI, "mnli", "MNLI's .txt or GLUE's tsv"),
        Format("mnli_jsonl", read_jsonl, _NLI, "mnli", "MNLI's JSON lines, or premise/hypothesis/label"),
        Format("anli_csv", CSV, ("anli_plus",), "anli", "ANLI as csv: context, statement, gold_label, uid"),
        Format("anli_jsonl", read_jsonl, ("anli_plus",), "anli", "ANLI's JSON lines: context, hypothesis, label, uid"),
        Format("qqp_tsv", TSV, ("qqp",), help="GLUE's or Quora's tsv with a header line"),
        Format("qqp_wang2017", WANG2017, ("qqp",), help="Wang et al. 2017, no header: label, two questions, id"),
        Format("text_pair_json", read_json, (*_NLI, "qqp"), help="one JSON object of text_a/text_b/label objects"),
        Format("ccgbank_auto", read_auto, ("ccg",), help="CCGbank's .auto derivations"),
        Format("parquet", read_parquet, help="the Hub's columns"),
        Format("jsonl", read_jsonl, help="the Hub's columns, one object a line"),
        Format("json", read_json, help="the Hub's columns, one list of objects"),
        Format("csv", CSV, help="the Hub's columns, flat tasks only"),
        Format("tsv", TSV, help="the Hub's columns, flat tasks only, cells not quoted"),
    )
}


def get_format(name: str, task: str, key: str) -> Format:
    """The format of this name, if it can hold the task.

    Raises:
        BadFlag: If there is no such format, or it is another task's. `key` is the place in the YAML file.
    """
    if name not in FORMATS:
        near = nearest(name, FORMATS, 2) or sorted(FORMATS)
        raise BadFlag(f"{key}: there is no format {name!r}; use {' or '.join(near)}, or leave it out")
    entry = FORMATS[name]
    if entry.tasks and task not in entry.tasks:
        fitting = [other.name for other in FORMATS.values() if not other.tasks or task in other.tasks]
        raise BadFlag(f"{key}: format {name} does not hold {task}; formats that do: {', '.join(fitting)}")
    return entry


def with_quoting(entry: Format, quoted: bool | None) -> Reader:
    """The reader of a format, its quoting changed where the YAML file says so (tables only)."""
    if quoted is None or not isinstance(entry.reader, Table):
        return entry.reader
    return Table(entry.reader.delimiter, quoted, entry.reader.columns)


def guess_format(file: DataFile, task: str, key: str) -> Format:
    """The format by the file's name, and by its first bytes where the name does not tell.

    Raises:
        BadSource: If neither tells.
    """
    start = head(file, 1 << 16)
    suffixes = [suffix for suffix in file.path.suffixes if suffix != ".gz"]
    container = _by_suffix(suffixes[-1].lower() if suffixes else "") or _by_content(start)
    if container == "json":
        container = _which_json(start)
    if container == "tsv" and task == "qqp" and b"question1" not in start.partition(b"\n")[0]:
        return FORMATS["qqp_wang2017"]
    if container == "json" and task in _SQUAD and not start.lstrip().startswith(b"["):
        return FORMATS["squad"]
    if container == "":
        raise BadSource(f"{key}: the format of {file.name} cannot be guessed; add `format:` to it")
    get_format(container, task, f"{key}, {file.name}")
    own = [entry for entry in FORMATS.values() if task in entry.tasks and entry.reader is FORMATS[container].reader]
    # ANLI+ has several data sets in one container; reading is the same, and the origin has to be said anyway.
    return own[0] if len(own) == 1 and not own[0].origin else FORMATS[container]


def _by_suffix(suffix: str) -> str:
    names = {".parquet": "parquet", ".auto": "ccgbank_auto", ".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl"}
    return {**names, ".csv": "csv", ".tsv": "tsv"}.get(suffix, "")


def _by_content(start: bytes) -> str:
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"PAR1"):
        return "parquet"
    if text.startswith((b"ID=", b"(<")):
        return "ccgbank_auto"
    if text.startswith((b"{", b"[")):
        return "json"
    first = text.partition(b"\n")[0]
    return "tsv" if b"\t" in first else "csv" if b"," in first else ""


def _which_json(start: bytes) -> str:
    """JSON lines are often called `.json`: then the first line alone is a row, whose values are texts."""
    first, _, rest = start.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")
    try:
        value = json.loads(first)
    except (ValueError, RecursionError):
        return "json"
    if rest.lstrip().startswith(b"{"):
        return "jsonl"
    if not isinstance(value, dict) or "data" in value:
        return "json"
    # CommonsenseQA's rows have one object among their values; an object of rows may hold a broken one.
    return "jsonl" if 2 * sum(isinstance(one, dict) for one in value.values()) < len(value) else "json"
