"""Policy files: what they may say, and what is said about mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from synth.errors import BadFlag
from synth.filter.checks import all_checks
from synth.filter.policy import BUILT_IN, load_policy, parse_policy


@pytest.mark.parametrize("name", BUILT_IN)
def test_built_in_policies_load(name: str) -> None:
    policy = load_policy(name)
    assert set(policy.checks) == set(all_checks())
    assert policy.text.startswith("#")


def test_the_default_file_says_what_the_code_would_do_without_it() -> None:
    written, bare = load_policy("default").identity, parse_policy("", "bare").identity
    assert written == bare


def test_the_three_policies_differ() -> None:
    assert len({load_policy(name).fingerprint for name in BUILT_IN}) == 3


def test_names_and_comments_do_not_change_the_fingerprint() -> None:
    assert parse_policy("# mine\n{}", "a").fingerprint == parse_policy("length: {}", "b").fingerprint
    assert parse_policy("length: {max_z: 4}", "a").fingerprint != parse_policy("", "b").fingerprint


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("lenght: {max_z: 3}", r"unknown key 'lenght'. Did you mean 'length'"),
        ("length: {maxz: 3}", r"unknown key 'length.maxz'. Did you mean 'max_z'"),
        ("length: {max_z: high}", r"length.max_z = 'high' cannot be used"),
        ("length: {max_z: .nan}", r"length.max_z"),
        ("copy: {max_run: 3}\nhalf: off\ncopy: off", r"the key 'copy' is given twice"),
        ("length: 3", r"length must be a mapping"),
        ("dedup: {threshold: 1.5}", r"dedup.threshold = 1.5"),
        ("dedup: {reach: everywhere}", r"dedup.reach = 'everywhere'"),
        ("language: {cannot_judge: perhaps}", r"language.cannot_judge = 'perhaps'"),
        ("leakage: {kinds: [marker, rol]}", r"leakage.kinds.1 = 'rol' cannot be used: .*'role'"),
        ("invariants: {reasons: [copy]}", r"invariants.reasons.0 = 'copy' cannot be used: .*sides_swapped"),
        ("- copy", "must be a mapping"),
        ("copy: {max_overlap: [", "is not YAML"),
    ],
)
def test_mistakes_are_named(text: str, message: str) -> None:
    with pytest.raises(BadFlag, match=message):
        parse_policy(text, "mine.yaml")


def test_a_policy_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BadFlag, match="Did you mean 'strict'"):
        load_policy("stric")
    bad = tmp_path / "mine.yaml"
    bad.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadFlag, match="UTF-8"):
        load_policy(str(bad))


def test_off_switches_a_check_off() -> None:
    assert parse_policy("refusal: off", "mine").checks["refusal"] is None


def test_every_section_may_be_off() -> None:
    policy = parse_policy("\n".join(f"{name}: off" for name in (*all_checks(), "dedup", "siblings")), "mine")
    assert set(policy.checks.values()) == {None}
    assert (policy.dedup.enabled, policy.siblings.keep_parallel) == (False, False)


def test_every_threshold_of_the_default_policy_has_a_comment() -> None:
    lines = load_policy("default").text.splitlines()
    blocks, commented = 0, 0
    for number, line in enumerate(lines):
        if line and not line.startswith((" ", "#")):
            blocks += 1
            following = lines[number + 1 : number + 4]
            commented += any(after.strip().startswith("#") for after in following)
    assert blocks == commented
