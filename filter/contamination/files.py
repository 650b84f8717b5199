"""Read the test sets that the user has: one small YAML file names the files of each set and language.

    squad_dev: hub
    xquad: {en: [xquad/xquad.en.json], es: [xquad/xquad.es.json]}
    xnli: {es: [xnli/test-es.tsv], sw: [hub]}

Paths are relative to the YAML file and may hold wildcards. Formats are those in which the sets are given out. The word
`hub` takes a language, or all languages of a set, from the Hugging Face Hub; a file of that name is `./hub`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final, Literal

import yaml
from pydantic import RootModel, ValidationError

from synth.errors import BadFlag, BadSource
from synth.filter.contamination.hub import hub_languages, hub_texts
from synth.filter.contamination.index import TestText
from synth.filter.contamination.readers import (
    read_bucc,
    read_mewslix,
    read_pairs,
    read_qa,
    read_tatoeba,
    read_tokens,
    read_xcopa,
)
from synth.languages import get_language
from synth.unique_keys import UniqueKeys

Reader = Callable[[Path, str], Iterator[tuple[str, str, str]]]

READERS: dict[str, Reader] = {
    "squad_dev": read_qa,
    "xquad": read_qa,
    "lareqa": read_qa,
    "mlqa": read_qa,
    "tydiqa": read_qa,
    "xnli": read_pairs,
    "pawsx": read_pairs,
    "xcopa": read_xcopa,
    "panx": read_tokens,
    "udpos": read_tokens,
    "tatoeba": read_tatoeba,
    "bucc2018": read_bucc,
    "mewslix": read_mewslix,
}


HUB: Final = "hub"


class _Named(RootModel[dict[str, dict[str, list[str] | Literal["hub"]] | Literal["hub"]]]):
    """The YAML file: a set's files by language; `hub` for one language or all."""


class TestSets(RootModel[dict[str, dict[str, list[str]]]]):
    """Test set to language to files (or `hub`)."""

    __test__ = False


def load_test_sets(path: Path) -> TestSets:
    """Read and check the YAML file.

    Raises:
        BadFlag: The file cannot be read, has another shape, or names an unknown test set or language.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=UniqueKeys) or {}  # noqa: S506  # a safe loader
        sets = _Named.model_validate(content)
    except OSError as error:
        raise BadFlag(f"cannot read the test sets file {path}: {error.strerror}; check the path.") from error
    except (ValidationError, yaml.YAMLError, UnicodeDecodeError) as error:
        raise BadFlag(
            f"{path} does not name test sets in the form 'xquad: {{es: [file]}}' ({_first(error)}); see "
            "docs/contamination.md."
        ) from error
    if not sets.root:
        raise BadFlag(f"{path} names no test set, so that nothing would be kept out; see docs/contamination.md.")
    for name in sets.root:
        if name not in READERS:
            raise BadFlag(f"{path}: unknown test set {name!r}; known are {', '.join(READERS)}.")
    return TestSets({name: _by_code(path, name, languages) for name, languages in sets.root.items()})


def _by_code(path: Path, name: str, languages: Mapping[str, list[str] | str] | str) -> dict[str, list[str]]:
    """The files by our language codes, under which corpus rows are looked up (`iw` is he)."""
    if isinstance(languages, str):
        return {lang: [HUB] for lang in hub_languages(name)}
    found: dict[str, list[str]] = {}
    for lang, patterns in languages.items():
        try:
            given = [patterns] if isinstance(patterns, str) else patterns
            found.setdefault(get_language(lang).code, []).extend(given)
        except BadFlag as error:
            raise BadFlag(f"{path}, {name}: {error}") from error
    return found


def _first(error: Exception) -> str:
    """What is wrong in one line: of many complaints of the model the first, with its place."""
    if not isinstance(error, ValidationError):
        return " ".join(str(error).split())
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc'])) or 'the file'}: {first['msg']}"


def read_test_sets(sets: TestSets, base: Path) -> Iterator[TestText]:
    """Every text field of every file, one at a time. `base` is the folder that relative paths start from."""
    for test_set, languages in sets.root.items():
        for lang, patterns in languages.items():
            for pattern in patterns:
                if pattern == HUB:
                    yield from hub_texts(test_set, lang)
                    continue
                for path in _files(base, pattern):
                    yield from _texts(path, test_set, lang)


def _texts(path: Path, test_set: str, lang: str) -> Iterator[TestText]:
    empty = True
    for field, text, text_id in READERS[test_set](path, lang):
        empty = empty and not text.strip()
        yield TestText(test_set, lang, field, text, text_id)
    if empty:
        raise BadSource(f"{path} holds no text of {test_set} in {lang}; check which file was named.")


def _files(base: Path, pattern: str) -> list[Path]:
    whole = base / pattern
    files = sorted(whole.parent.glob(whole.name)) if any(char in whole.name for char in "*?[") else [whole]
    missing = [path for path in files if not path.is_file()]
    if missing or not files:
        raise BadFlag(f"test set file {(missing or [whole])[0]} does not exist; check the path in the test sets file.")
    return files
