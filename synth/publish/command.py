"""`synth publish MANIFEST --repo ORG/NAME`."""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth.errors import BadFlag, BadManifest

if TYPE_CHECKING:
    from synth.manifest.models import Manifest
    from synth.publish.licences import Terms
    from synth.publish.upload import Item


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("manifest", type=Path, help="manifest file, or corpus folder")
    parser.add_argument("--repo", required=True, metavar="ORG/NAME", help="data set repository on the Hub")
    visible = parser.add_mutually_exclusive_group()
    visible.add_argument("--public", action="store_true", help="let everybody see it (default: private)")
    visible.add_argument("--private", action="store_true", help="let only the owner see it (the default)")
    parser.add_argument("--dry-run", action="store_true", help="show the files and the card, and send nothing")
    parser.add_argument("--drop", default="", metavar="TASK,...", help="leave these tasks out")
    parser.add_argument(
        "--non-commercial", action="store_true", help="accept that the whole is marked as non-commercial"
    )
    parser.add_argument("--teacher-licence", default="", metavar="TERMS", help="the teacher's terms, if not recorded")
    parser.add_argument("--corpus", type=Path, help="corpus folder, when it is not beside the manifest")
    parser.add_argument("--out", type=Path, help="where to write the published manifest (default: published.yaml)")
    parser.add_argument("--endpoint", help="another Hub than the default one")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Check, then publish (or show what would be published); the exit code."""
    from synth.manifest.locate import open_corpus
    from synth.manifest.verify import require, verify_manifest
    from synth.publish.licences import require_terms, terms_of
    from synth.publish.subset import without
    from synth.publish.upload import items_of

    _check_repo(args.repo)
    whole, root = open_corpus(args.manifest, args.corpus, endpoint=args.endpoint)
    _check_stage(whole)
    manifest = without(whole, [name for part in args.drop.split(",") if (name := part.strip())])
    terms = terms_of(manifest, args.teacher_licence)
    require_terms(terms, args.non_commercial)
    beside = args.manifest if args.manifest.is_dir() else args.manifest.parent
    require(verify_manifest(whole, root, beside), whole.name)
    manifest, place = _packed(args, manifest, root)
    items = items_of(manifest, place, terms, args.repo)
    if args.dry_run:
        return _show_plan(args, items, terms)
    return _send(args, manifest, root, items)


def _packed(args: argparse.Namespace, manifest: Manifest, root: Path) -> tuple[Manifest, Path]:
    """A corpus of many files is published as few large ones, and ANLI+ with files of their own for its parts."""
    from synth.publish import pack

    if not pack.is_needed(manifest):
        return manifest, root
    folder = root / "packed" / args.repo.replace("/", "--")
    return pack.pack(manifest, root, folder, say=_say), folder


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _check_repo(repo: str) -> None:
    from synth.manifest.fields import REPO_PATTERN

    if not re.fullmatch(REPO_PATTERN, repo):
        raise BadFlag(f"--repo {repo!a} is not of the form ORG/NAME; give your user or organisation and a name")


def _check_stage(manifest: Manifest) -> None:
    if manifest.stage != "kept":
        raise BadManifest(f"{manifest.name} is not filtered; run `synth filter` and `synth manifest build` on it first")


def _show_plan(args: argparse.Namespace, items: list[Item], terms: Terms) -> int:
    files = {item.path: item.size for item in items}
    card = next(item.content for item in items if item.path == "README.md")
    assert isinstance(card, bytes), "the card is text"
    if args.json:
        plan = {"repo": args.repo, "private": not args.public, "files": files, "card": card.decode()}
        _print_json({**plan, "licence": terms.hub_id, "non_commercial": terms.non_commercial})
        return 0
    lines = [f"{size:>14,}  {path}" for path, size in files.items()]
    sys.stdout.write(card.decode() + "\n")
    sys.stdout.write(f"{'public' if args.public else 'private'} {args.repo}, {len(files)} files, in one commit:\n")
    sys.stdout.write("\n".join(lines) + "\nNothing was sent (--dry-run)\n")
    return 0


def _send(args: argparse.Namespace, manifest: Manifest, root: Path, items: list[Item]) -> int:
    from synth.manifest.hub import hub_location
    from synth.manifest.store import write_manifest
    from synth.publish.hub import connect
    from synth.publish.upload import publish

    hub = connect(args.endpoint, _say)
    message = f"{manifest.name}, version {manifest.version} ({manifest.identity[:12]})"
    revision = publish(hub, args.repo, items, private=not args.public, message=message)
    out = args.out or root / "published.yaml"
    write_manifest(out, manifest.model_copy(update={"location": hub_location(args.repo, revision)}))
    if args.json:
        _print_json({"repo": args.repo, "revision": revision, "manifest": str(out)})
    else:
        sys.stdout.write(f"published {args.repo} at {revision}\nits manifest: {out} (keep it in git)\n")
    return 0


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1) + "\n")
