"""Reading YAML that may come from someone else, and writing YAML that reads well in a diff.

Only plain data passes: no tags, no anchors or aliases (alias bombs), no dates, no sexagesimal numbers, no duplicate
keys, no second document; size, depth, number of nodes and length of a scalar are bounded before anything is built.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from synth.errors import BadManifest

MAX_TEXT = 64 << 20  # bytes; a manifest of 250,000 files takes about 40 MiB
MAX_DEPTH = 16
MAX_NODES = 5_000_000
MAX_SCALAR = 64 << 10  # characters
_NEXT = "it was not written by Synth like this: ask whoever gave it to you for the original"


class _Loader(yaml.CSafeLoader):
    """Safe loader that knows null, booleans, integers of at most 18 digits and decimal floats, and nothing else."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  # PyYAML's own class attribute

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:  # noqa: ARG002  # PyYAML's signature
        """A mapping whose keys are different strings."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if not all(isinstance(key, str) for key in keys):
            raise yaml.YAMLError(f"line {node.start_mark.line + 1} has a key that is not text")
        if len(set(keys)) != len(keys):
            raise yaml.YAMLError(f"the mapping at line {node.start_mark.line + 1} repeats a key")
        values = [self.construct_object(value, deep=True) for _, value in node.value]
        return dict(zip(keys, values, strict=True))


def _add_mapping(loader: Any, node: Any) -> dict[Any, Any]:
    mapping: dict[Any, Any] = loader.construct_mapping(node, deep=True)
    return mapping


_Loader.add_constructor("tag:yaml.org,2002:map", _add_mapping)
for _tag, _pattern, _first in (
    ("null", r"^(?:null|~|)$", ["n", "~", ""]),
    ("bool", r"^(?:true|false)$", ["t", "f"]),
    ("int", r"^-?(?:0|[1-9][0-9]{0,17})$", list("-0123456789")),
    ("float", r"^-?[0-9]{1,18}(?:\.[0-9]{1,18}(?:[eE][-+][0-9]{1,3})?)$", list("-0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), _first)


def parse_yaml(data: bytes, name: str) -> Any:
    """Plain data from YAML bytes.

    Args:
        data: The file's bytes.
        name: What to call the file in messages.

    Raises:
        BadManifest: The bytes are not YAML, or use anything beyond plain data, or are too large.
    """
    if len(data) > MAX_TEXT:
        raise BadManifest(f"{name} has {len(data):,} bytes, more than the {MAX_TEXT:,} allowed; {_NEXT}")
    try:
        text = data.decode("utf-8")
        _check_events(text, name)
        return yaml.load(text, Loader=_Loader)  # noqa: S506  # a safe loader with fewer types than SafeLoader
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        raise BadManifest(f"{name} is not readable YAML ({_first_line(error)}); {_NEXT}") from error


def _first_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    return ascii(text[:200]).strip("'\"")


def _check_events(text: str, name: str) -> None:
    depth = documents = 0
    for count, event in enumerate(yaml.parse(text, Loader=yaml.CSafeLoader)):
        problem = _problem(event)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if depth > MAX_DEPTH or count > MAX_NODES or documents > 1:
            problem = f"more than {MAX_DEPTH} levels, {MAX_NODES:,} nodes or one document"
        if problem:
            line = event.start_mark.line + 1 if event.start_mark else 0
            raise BadManifest(f"{name}, line {line}, has {problem}; {_NEXT}")


def _problem(event: Any) -> str:
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
        return "an anchor or an alias, which a manifest never needs"
    if getattr(event, "tag", None) is not None:
        return "a tag, which a manifest never needs"
    if isinstance(event, yaml.ScalarEvent) and len(event.value) > MAX_SCALAR:
        return f"a value of {len(event.value):,} characters"
    return ""


def read_yaml(path: Path) -> Any:
    """Plain data of a YAML file; the size is checked before reading.

    Raises:
        BadManifest: The file is missing, too large, or not plain YAML.
    """
    try:
        size = path.stat().st_size
        if size > MAX_TEXT or not path.is_file():
            raise BadManifest(f"{path.name} is no file of at most {MAX_TEXT:,} bytes; {_NEXT}")
        return parse_yaml(path.read_bytes(), path.name)
    except OSError as error:
        raise BadManifest(f"cannot read {path}: {error.strerror}; check the path") from error


class _Dumper(yaml.CSafeDumper):
    """Block style, no aliases, long text as it is."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002  # PyYAML's signature
        """Never write an alias: readers refuse them, and people cannot follow them."""
        return True


def _text(dumper: Any, value: str) -> Any:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def dump_yaml(value: Any) -> str:
    """YAML in the order given, one thing a line, without anchors."""
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10**6)
    return text
