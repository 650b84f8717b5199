"""Reading and writing manifest files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from synth.corpus.files import write_text
from synth.errors import BadManifest
from synth.manifest.fields import printable
from synth.manifest.models import Manifest
from synth.manifest.yamlio import dump_yaml, parse_yaml, read_yaml

_SHOWN = 5


def parse_manifest(data: bytes, name: str = "the manifest") -> Manifest:
    """The manifest in these bytes.

    Raises:
        BadManifest: It is not YAML, or breaks the contract; the message names the first keys that do.
    """
    return _checked(parse_yaml(data, name), name)


def read_manifest(path: Path) -> Manifest:
    """The manifest in a file (see `parse_manifest`)."""
    return _checked(read_yaml(path), path.name)


def _checked(value: Any, name: str) -> Manifest:
    try:
        return Manifest.model_validate(value)
    except ValidationError as error:
        raise BadManifest(f"{name} breaks the manifest's contract: {_explain(error)}") from error


def _explain(error: ValidationError) -> str:
    problems = error.errors(include_url=False, include_input=False, include_context=False)
    shown = [f"{printable('.'.join(map(str, item['loc'])))[:120]}: {item['msg'][:160]}" for item in problems[:_SHOWN]]
    more = f" and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
    return "; ".join(shown) + f"{more}. `synth manifest schema` prints what is allowed"


def dump_manifest(manifest: Manifest) -> str:
    """The manifest as YAML: stable order, block style, defaults left out."""
    value = manifest.model_dump(mode="json", exclude_defaults=True)
    return dump_yaml({"format": manifest.format, **value})


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Write the manifest atomically."""
    write_text(path, dump_manifest(manifest))
