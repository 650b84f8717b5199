"""The verb `synth generate`: options, and what is printed at the end."""

from __future__ import annotations

import argparse
import json
import types
import typing
from typing import Any

from synth.generate.config import GenerateConfig, load_config


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One flag for every field of `GenerateConfig`, and `--config` and `--json`."""
    parser.add_argument("--config", metavar="FILE", help="YAML file of these options; flags go first")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout at the end")
    for name, field in GenerateConfig.model_fields.items():
        flag = "--" + name.replace("_", "-")
        text = f"{field.description} (default: {_shown(field.default)})".replace("%", "%%")
        kind = _kind(field.annotation)
        if kind is bool:
            parser.add_argument(flag, action=argparse.BooleanOptionalAction, default=None, help=field.description)
        elif kind is tuple:
            parser.add_argument(flag, nargs=argparse.REMAINDER, default=None, help=field.description)
        else:
            parser.add_argument(flag, metavar=name.upper(), default=None, help=text)


def _shown(default: Any) -> str:
    return "none" if default is None else str(default)


def _kind(annotation: Any) -> type:
    """bool, tuple, or str for everything that pydantic reads from a word."""
    members = typing.get_args(annotation) if isinstance(annotation, types.UnionType) else (annotation,)
    origins = [typing.get_origin(member) or member for member in members]
    return bool if bool in origins else tuple if tuple in origins else str


def config_of(args: argparse.Namespace) -> GenerateConfig:
    """The configuration that flags and file give together."""
    flags = {name: getattr(args, name) for name in GenerateConfig.model_fields if getattr(args, name) is not None}
    return load_config(args.config, flags)


def run(args: argparse.Namespace) -> int:
    """Generate, then show what came out."""
    from synth.generate.run import generate
    from synth.generate.summary import print_summary, summary

    config = config_of(args)
    if config.redo:
        from synth.generate.redo import redo

        ready = redo(config)
    else:
        ready = generate(config)
    found = summary(ready.layout)
    print_summary(found, ready.layout)
    if args.json:
        print(json.dumps(found, ensure_ascii=False))
    return 0
