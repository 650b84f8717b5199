"""A manifest or a corpus from someone else can do no harm: refused with a message, never a crash, nothing written."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from synth.corpus.files import sha256_file
from synth.corpus.rows import read_rows
from synth.errors import BadManifest, SynthError
from synth.manifest import yamlio
from synth.manifest.build import build_manifest
from synth.manifest.hub import fetch_corpus
from synth.manifest.models import FileRecord, Manifest
from synth.manifest.paths import inside
from synth.manifest.show import render, summary
from synth.manifest.store import dump_manifest, parse_manifest, read_manifest
from synth.manifest.verify import check_files, check_statements, verify_manifest
from synth.publish.card import write_card_files
from tests.manifest.make_corpus import Recipe, make_corpus, rewrite

MUTANTS = 10_000
PATHS = (
    "../outside.parquet", "/etc/passwd", "kept/../../x.parquet", "kept/mnli/de/../part-00000.parquet", "~/x", "",
    "kept\\mnli\\de\\part-00000.parquet", "C:\\x.parquet", "kept/mnli/de/part-00000.parquet\0", "$HOME/x.parquet",
    "kept/mnli/de/part-00000.parquet\n", "kept//mnli/de/part-00000.parquet", "./kept/mnli/de/part-00000.parquet",
    "kept/mnli/de/part-00000.parquet/", "kept/mnli/.../part-00000.parquet", "kept/mnli/de/part-٠٠٠٠٠.parquet",
    "file:///etc/passwd", "kept/mnli/de/x.pkl", "kept/mnli/de/part-0.parquet", "kept/CON/de/part-00000.parquet",
    "kept/mnli/de:x/part-00000.parquet",
)  # fmt: skip
NASTY: tuple[Any, ...] = (
    *PATHS, None, True, -1, 10**30, 1e308, float("nan"), "x" * 10_000, [], {}, [[[[]]]], {"a": {"b": "c"}}, "\x1b[2J",
    "\u202e", "hf://datasets/../..@" + "0" * 40, "hf://datasets/a/b@" + "../" * 13 + "x", "🙂", "0" * 64,
    "!!python/none",
)  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_paths_that_leave_the_folder_are_refused(corpus: Path, manifest: Manifest, path: str) -> None:
    with pytest.raises(BadManifest):
        inside(corpus, path)
    value = yaml.safe_load(dump_manifest(manifest))
    value["files"][path] = {"rows": 1, "bytes": 1, "sha256": "0" * 64}
    with pytest.raises(BadManifest):
        parse_manifest(json.dumps(value).encode())


@pytest.mark.parametrize("level", ["kept", "kept/mnli", "kept/mnli/de", "kept/mnli/de/part-00000.parquet"])
def test_links_out_of_the_folder_are_refused(corpus: Path, manifest: Manifest, tmp_path: Path, level: str) -> None:
    (corpus / level).rename(tmp_path / "outside")
    (corpus / level).symlink_to(tmp_path / "outside")
    with pytest.raises(BadManifest, match="symbolic link"):
        inside(corpus, "kept/mnli/de/part-00000.parquet")
    assert any("symbolic link" in str(found) for found in verify_manifest(manifest, corpus))


@pytest.mark.parametrize(
    "text",
    [
        "a: &x [1]\nb: *x",
        "a: !!python/object/apply:os.system ['true']",
        "a: !!binary aGVsbG8=",
        "a: 1\na: 2",
        "a: 1\n---\nb: 2",
        "[" * 50,
        "{" * 5000,
        "a: " + "x" * 70_000,
        "1: 2",
        "? {a: 1}\n: 2",
        "\t",
        "a: \ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
        "- &a [x]\n- &b [*a, *a]\n- &c [*b, *b]\n- &d [*c, *c]",
    ],
)
def test_yaml_beyond_plain_data_is_refused(text: str) -> None:
    with pytest.raises(BadManifest):
        parse_manifest(text.encode())


def test_words_that_yaml_turns_into_something_else_stay_words() -> None:
    text = b"a: no\nb: 2026-01-01\nc: 12:30:45\nd: 0x1f\ne: 1_000\nf: .inf\ng: 0o17"
    value = yamlio.parse_yaml(text, "x")
    assert value == {
        "a": "no", "b": "2026-01-01", "c": "12:30:45", "d": "0x1f", "e": "1_000", "f": ".inf", "g": "0o17"
    }  # fmt: skip


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    huge = tmp_path / "huge.yaml"
    with huge.open("wb") as stream:
        stream.truncate(yamlio.MAX_TEXT + 1)  # sparse: costs nothing on disk
    with pytest.raises(BadManifest, match="at most"):
        read_manifest(huge)


@pytest.mark.parametrize("key", ["unknown", "Files", "location ", "format_"])
def test_unknown_keys_are_refused_by_name(manifest: Manifest, key: str) -> None:
    value = yaml.safe_load(dump_manifest(manifest)) | {key: 1}
    with pytest.raises(BadManifest, match=key.strip()):
        parse_manifest(json.dumps(value).encode())


def test_what_is_shown_cannot_steer_a_terminal_or_a_page(manifest: Manifest) -> None:
    teacher = manifest.teacher.model_copy(
        update={"model": "a\x1b[2J\u202eb`|<script>alert(1)</script>", "licence": "<b>"}
    )
    evil = manifest.model_copy(update={"teacher": teacher})
    page = render(evil)
    assert "\x1b" not in page and "\u202e" not in page
    card = write_card_files(evil)["README.md"]
    assert "<script>" not in card.replace("`a\ufffd[2J\ufffdb|<script>alert(1)</script>`", "")
    assert "\n<b>" not in card and " <b>" not in card


def _mutants(base: bytes, seed: int) -> Iterator[bytes]:
    rng = random.Random(seed)
    value = yaml.load(base, Loader=yaml.CSafeLoader)
    lines = base.splitlines(keepends=True)
    for _ in range(MUTANTS // 2):
        yield _broken_bytes(rng, base, lines)
        yield _broken_value(rng, value)


def _broken_bytes(rng: random.Random, base: bytes, lines: list[bytes]) -> bytes:
    kind = rng.randrange(5)
    if kind == 0:
        data = bytearray(base)
        for _ in range(rng.randint(1, 8)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        return bytes(data)
    start = rng.randrange(len(base))
    if kind == 1:
        return base[:start] + base[start + rng.randint(1, 200) :]
    if kind == 2:
        return (
            base[:start] + bytes(rng.choices(b"&*!{}[]:-|>'\"\\\n\t #%@,0a\xff", k=rng.randint(1, 12))) + base[start:]
        )
    if kind == 3:
        copied = list(lines)
        copied.insert(rng.randrange(len(lines)), rng.choice(lines))
        return b"".join(copied)
    shuffled = list(lines)
    first, second = rng.randrange(len(lines)), rng.randrange(len(lines))
    shuffled[first], shuffled[second] = shuffled[second], shuffled[first]
    return b"".join(shuffled)


def _broken_value(rng: random.Random, value: Any) -> bytes:
    copy = json.loads(json.dumps(value, default=str))
    node = copy
    while True:
        key = rng.choice(list(node)) if isinstance(node, dict) else rng.randrange(len(node))
        if isinstance(node[key], dict | list) and node[key] and rng.random() < 0.8:
            node = node[key]
            continue
        change = rng.randrange(3)
        if change == 0 and isinstance(node, dict):
            node[str(rng.choice(NASTY))] = node.pop(key)
        elif change == 1:
            del node[key]
        else:
            node[key] = rng.choice(NASTY)
        return json.dumps(copy).encode()


class _FakeApi:
    """A Hub that announces and delivers whatever is asked for, into exactly the path that is asked for."""

    def __init__(self, endpoint: str | None = None) -> None:
        self.endpoint = endpoint

    def get_paths_info(self, _repo: str, paths: list[str], **_more: Any) -> list[Any]:
        return [type("Info", (), {"path": path, "size": _FakeApi.sizes[path]})() for path in paths]

    def hf_hub_download(self, _repo: str, path: str, *, local_dir: Path, **_more: Any) -> None:
        target = Path(local_dir) / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(b"x")

    sizes: dict[str, int] = {}  # noqa: RUF012  # a stand-in's state


def _tree(folder: Path) -> dict[str, int]:
    return {str(path): path.lstat().st_mtime_ns for path in folder.rglob("*")}


@pytest.mark.slow
def test_ten_thousand_mutants_neither_crash_nor_write_outside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = make_corpus(tmp_path, Recipe(tasks=("mnli",), langs=("de",), rows=4, paraphrase=False))
    manifest = build_manifest(corpus)
    monkeypatch.setattr("huggingface_hub.HfApi", _FakeApi)
    monkeypatch.chdir(tmp_path)
    base = dump_manifest(manifest.model_copy(update={"location": f"hf://datasets/o/n@{'1' * 40}"})).encode()
    cache = tmp_path / "cache"
    before = _tree(tmp_path)
    alive = 0
    for number, mutant in enumerate(_mutants(base, seed=5)):
        try:
            found = parse_manifest(mutant, f"mutant {number}")
        except SynthError:
            continue
        alive += 1
        _use(found, corpus, cache if alive % 25 == 0 else None)
    after = {path: time for path, time in _tree(tmp_path).items() if not path.startswith(str(cache))}
    assert after == before
    assert 200 < alive < MUTANTS - 200, "mutants must both pass and fail for this to mean something"


def _use(manifest: Manifest, corpus: Path, cache: Path | None) -> None:
    """Everything that is done with a manifest from someone else."""
    render(manifest)
    list(check_statements(manifest))
    list(check_files(manifest, corpus, []))
    if cache is None:
        return
    json.dumps(summary(manifest))
    verify_manifest(manifest, corpus, corpus)
    _FakeApi.sizes = {path: record.bytes for path, record in manifest.files.items()}
    for work in (lambda: write_card_files(manifest), lambda: fetch_corpus(manifest, cache)):
        try:
            work()
        except SynthError:
            continue


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.sampled_from(PATHS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_value_in_any_place_is_read_or_refused(manifest: Manifest, data: st.DataObject) -> None:
    value = manifest.model_dump(mode="json")
    key = data.draw(st.sampled_from(sorted(value)))
    value[key] = data.draw(JSON)
    try:
        found = parse_manifest(json.dumps(value).encode())
    except SynthError as error:
        assert str(error)
        return
    assert parse_manifest(dump_manifest(found).encode()) == found


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with pytest.raises(SynthError):
        parse_manifest(data)


def _with_file(manifest: Manifest, path: str, file: Path, rows: int | None = None) -> Manifest:
    """The manifest with a record that is true of the bytes of a file: hashes alone do not make it harmless."""
    old = manifest.files[path]
    record = FileRecord(rows=old.rows if rows is None else rows, bytes=file.stat().st_size, sha256=sha256_file(file))
    return manifest.model_copy(update={"files": {**manifest.files, path: record}})


def test_damaged_parquet_files_are_reported(corpus: Path, manifest: Manifest) -> None:
    path = "kept/squad_v1/de/part-00000.parquet"
    (corpus / "corpus.yaml").unlink()  # only the files, as when they were published
    manifest = manifest.model_copy(update={"files": {path: manifest.files[path]}})
    whole = (corpus / path).read_bytes()
    rng = random.Random(7)
    reported = 0
    for number in range(300):
        data = bytearray(whole)
        if number % 3 == 0:
            del data[rng.randrange(len(data)) :]
        for _ in range(rng.randint(1, 6)):
            place = rng.randrange(len(data)) if number % 2 and data else -rng.randint(1, max(1, len(data) // 2))
            if data:
                data[place] = rng.randrange(256)
        (corpus / path).write_bytes(bytes(data) or b"x")
        found = verify_manifest(_with_file(manifest, path, corpus / path), corpus)
        reported += any(difference.where == path for difference in found)
    assert reported > 200


def test_more_rows_than_announced_are_refused_before_they_are_read(corpus: Path, manifest: Manifest) -> None:
    path = "kept/mnli/de/part-00000.parquet"
    rewrite(corpus, path, read_rows(corpus / path) * 50)
    found = verify_manifest(_with_file(manifest, path, corpus / path), corpus)
    assert any("holds" in str(difference) and path in str(difference) for difference in found)


def test_a_file_that_unpacks_to_far_more_than_its_size_is_refused(corpus: Path, manifest: Manifest) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = "kept/mnli/de/part-00000.parquet"
    rows = read_rows(corpus / path)
    schema = pq.read_schema(corpus / path)
    bomb = [row | {"premise": "a" * 30_000_000} for row in rows[:4]]
    pq.write_table(pa.Table.from_pylist(bomb, schema=schema), corpus / path, compression="zstd", use_dictionary=False)
    assert (corpus / path).stat().st_size < 1_000_000
    found = verify_manifest(_with_file(manifest, path, corpus / path, rows=4), corpus)
    assert any("announces" in str(difference) for difference in found)


@pytest.mark.parametrize("change", ["drop", "add", "type", "features"])
def test_other_columns_than_the_tasks_are_refused(corpus: Path, manifest: Manifest, change: str) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = "kept/mnli/de/part-00000.parquet"
    table = pq.read_table(corpus / path)
    if change == "drop":
        table = table.drop_columns(["hypothesis"])
    elif change == "add":
        table = table.append_column("code", pa.array(["import os"] * table.num_rows))
    elif change == "type":
        table = table.set_column(2, "label", table["label"].cast(pa.string()))
    else:
        table = table.replace_schema_metadata({})
    pq.write_table(table, corpus / path)
    found = verify_manifest(_with_file(manifest, path, corpus / path), corpus)
    assert any(path in str(difference) and "make the part again" in str(difference) for difference in found)
