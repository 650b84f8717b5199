"""Putting a corpus on the Hub: one repository, one commit, resumable.

Data files go up first, in small groups; the Hub keeps what it has, so that a second run sends only what is missing.
Then one commit makes all of them visible at once: a reader sees the old corpus or the new one. The commit names the
revision it follows, so that somebody else's commit in between is noticed (412) and the commit is built anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from synth.errors import BadFlag, CheckFailed
from synth.manifest.fields import FILE_PATTERN
from synth.manifest.models import Manifest
from synth.manifest.paths import inside
from synth.manifest.store import dump_manifest
from synth.publish.card import write_card_files
from synth.publish.hub import Hub, status_of
from synth.publish.licences import Terms

MANIFEST_FILE = "manifest.yaml"
GROUP = 64  # files whose upload is lost at most when a run is killed (files already sent are never sent again)
MOST_FILES = 20_000  # the client's documentation allows 25,000 large files a commit
_OURS = frozenset((".gitattributes", "README.md", "LICENSE", "LICENSE.md"))  # what an empty repository may hold


@dataclass(frozen=True, slots=True)
class Item:
    """One file of the repository: a local file, or text."""

    path: str
    content: Path | bytes

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.content) if isinstance(self.content, bytes) else self.content.stat().st_size


def items_of(manifest: Manifest, root: Path, terms: Terms, repo: str) -> list[Item]:
    """Everything that goes into the repository: card, licence text, picture, manifest, data files.

    Raises:
        BadFlag: There are more files than one commit takes.
    """
    if len(manifest.files) > MOST_FILES:
        raise BadFlag(
            f"{len(manifest.files):,} files are more than one commit on the Hub takes ({MOST_FILES:,}); publish the "
            "tasks in several repositories, with --drop"
        )
    here = manifest.model_copy(update={"location": "."})  # a commit cannot name its own revision
    texts = {**write_card_files(here, terms, repo), MANIFEST_FILE: dump_manifest(here)}
    small = [Item(path, text.encode()) for path, text in texts.items()]
    return [*small, *(Item(path, inside(root, path)) for path in manifest.files)]


def publish(hub: Hub, repo: str, items: Sequence[Item], private: bool, message: str) -> str:
    """Make the repository hold exactly these items (and what else is not data) and return the revision.

    Calling it again after a failure goes on where it stopped; calling it again after success changes nothing.

    Args:
        hub: The Hub.
        repo: ORG/NAME.
        items: From `items_of`.
        private: Whether only the owner may see it.
        message: First line of the commit.

    Raises:
        BadFlag: The repository may not be used like this.
        StoppedError: The Hub fails for longer than is waited.
        CheckFailed: The Hub does not hold what was sent.
    """
    was_private = hub.call(f"create or open {repo}", partial(_open, hub.api, repo, private))
    _send_data(hub, repo, items)
    revision = hub.call(f"commit to {repo}", partial(_commit, hub.api, repo, items, message))
    hub.call(f"read back {repo}", partial(_confirm, hub.api, repo, items, revision))
    if was_private and not private:
        show = partial(hub.api.update_repo_settings, repo, private=False, repo_type="dataset")
        hub.call(f"make {repo} public", show)
    return revision


def _open(api: Any, repo: str, private: bool) -> bool:
    """Create the repository when it is not there; whether it is private.

    Refused when it holds something else, or is more public than asked.
    """
    from huggingface_hub.errors import RepositoryNotFoundError

    try:
        info = api.dataset_info(repo)
    except RepositoryNotFoundError as error:
        if status_of(error) not in {401, 404}:
            raise
        api.create_repo(repo, repo_type="dataset", private=private, exist_ok=True)
        info = api.dataset_info(repo)
    if private and not info.private:
        raise BadFlag(f"{repo} is public already; add --public to publish there, or take another --repo")
    held = {sibling.rfilename for sibling in info.siblings or ()}
    if held - _OURS and MANIFEST_FILE not in held:
        raise BadFlag(f"{repo} holds something that is not a corpus of Synth; take another --repo")
    return bool(info.private)


def _send_data(hub: Hub, repo: str, items: Sequence[Item]) -> None:
    data = [item for item in items if isinstance(item.content, Path)]
    for start in range(0, len(data), GROUP):
        group = data[start : start + GROUP]
        hub.say(f"uploading files {start + 1:,} to {start + len(group):,} of {len(data):,}")
        hub.call("upload the files", partial(_upload, hub.api, repo, group))


def _upload(api: Any, repo: str, group: Sequence[Item]) -> None:
    api.preupload_lfs_files(repo, additions=list(_additions(group)), repo_type="dataset", free_memory=False)


def _additions(items: Sequence[Item]) -> Iterator[Any]:
    from huggingface_hub import CommitOperationAdd

    for item in items:
        yield CommitOperationAdd(path_in_repo=item.path, path_or_fileobj=item.content)


def _commit(api: Any, repo: str, items: Sequence[Item], message: str) -> str:
    """One commit on top of what is there now. Built from scratch on every try: a commit whose answer was lost is then
    seen to be there already, and nothing is committed twice."""
    from huggingface_hub import CommitOperationDelete

    head = api.dataset_info(repo)
    wanted = {item.path for item in items}
    stale = [
        sibling.rfilename
        for sibling in head.siblings or ()
        if re.fullmatch(FILE_PATTERN, sibling.rfilename) and sibling.rfilename not in wanted
    ]
    operations = [*_additions(items), *(CommitOperationDelete(path_in_repo=path) for path in stale)]
    done = api.create_commit(repo, operations, commit_message=message, repo_type="dataset", parent_commit=head.sha)
    return str(done.oid)


def _confirm(api: Any, repo: str, items: Sequence[Item], revision: str) -> None:
    """Compare names and sizes at the new revision with what was sent."""
    tree = api.list_repo_tree(repo, recursive=True, revision=revision, repo_type="dataset")
    sizes = {entry.path: getattr(entry, "size", None) for entry in tree}
    wrong = [item.path for item in items if sizes.get(item.path) != item.size]
    if wrong:
        raise CheckFailed(
            f"{repo}@{revision[:12]} does not hold {wrong[0]} as it was sent ({len(wrong)} files differ); "
            "run the same command again"
        )
