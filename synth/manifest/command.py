"""`synth manifest build|show|verify|schema`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from synth.manifest.models import Manifest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the subcommands."""
    verbs = parser.add_subparsers(dest="manifest_verb", required=True, metavar="build|show|verify|schema")
    _build_arguments(verbs.add_parser("build", help="describe a corpus folder in its manifest.yaml and README.md"))
    show = verbs.add_parser("show", help="print a manifest for people")
    show.add_argument("file", type=Path, help="manifest file, or corpus folder")
    show.add_argument("--json", action="store_true", help="print one JSON object instead")
    _verify_arguments(verbs.add_parser("verify", help="compute everything again and name each difference"))
    verbs.add_parser("schema", help="print the JSON schema of manifests")


def _build_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("corpus", type=Path, help="corpus folder")
    parser.add_argument("--out", type=Path, help="write the manifest here too, such as corpora_manifests/NAME.yaml")
    parser.add_argument("--corpus-version", default="1", help="version of the corpus (default: 1)")
    parser.add_argument("--again", metavar="COMMAND", help="command that makes it again (default: corpus.yaml's)")
    parser.add_argument("--parent", type=Path, action="append", default=[], help="manifest of a corpus it came from")
    parser.add_argument("--json", action="store_true", help="print the summary as one JSON object")


def _verify_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="manifest file, or corpus folder")
    parser.add_argument("--corpus", type=Path, help="corpus folder, when it is not where the manifest says")
    parser.add_argument("--parents", type=Path, help="folder with the parents' manifests (default: beside the file)")
    parser.add_argument("--cache-dir", type=Path, help="where corpora from the Hub are kept")
    parser.add_argument("--endpoint", help="another Hub than the default one")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Run a subcommand; the exit code (0 holds, 1 differences)."""
    verbs = {"build": _build, "show": _show, "verify": _verify, "schema": _schema}
    return verbs[args.manifest_verb](args)


def _build(args: argparse.Namespace) -> int:
    from synth.corpus.files import write_text
    from synth.manifest.build import build_manifest
    from synth.manifest.store import write_manifest
    from synth.publish.card import write_card_files

    manifest = build_manifest(args.corpus, args.corpus_version, args.again, args.parent)
    write_manifest(args.corpus / "manifest.yaml", manifest)
    for path, text in write_card_files(manifest).items():
        write_text(args.corpus / path, text)
    if args.out:
        write_manifest(args.out, manifest)
    return _print(manifest, args.json)


def _show(args: argparse.Namespace) -> int:
    from synth.manifest.store import read_manifest

    file = args.file / "manifest.yaml" if args.file.is_dir() else args.file
    return _print(read_manifest(file), args.json)


def _print(manifest: Manifest, as_json: bool) -> int:
    from synth.manifest.show import render, summary

    sys.stdout.write(_json(summary(manifest)) if as_json else render(manifest))
    return 0


def _verify(args: argparse.Namespace) -> int:
    from synth.manifest.locate import open_corpus
    from synth.manifest.verify import require, verify_manifest

    manifest, root = open_corpus(args.file, args.corpus, args.cache_dir, args.endpoint)
    beside = args.file if args.file.is_dir() else args.file.parent
    differences = verify_manifest(manifest, root, args.parents or beside)
    if args.json:
        found = [{"where": item.where, "what": item.what} for item in differences]
        sys.stdout.write(_json({"name": manifest.name, "holds": not found, "differences": found}))
        return 1 if differences else 0
    require(differences, manifest.name)
    sys.stdout.write(f"{manifest.name}: {len(manifest.files):,} files and their rows are what the manifest says\n")
    return 0


def _schema(_args: argparse.Namespace) -> int:
    from synth.manifest.schema import manifest_schema

    sys.stdout.write(manifest_schema())
    return 0


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"
