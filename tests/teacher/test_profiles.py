"""Profiles: ours are sound, the user's are checked, and a model finds its own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from synth.errors import BadFlag
from synth.teacher.profiles import Profile, get_profile, load_profiles, profile_for_model, profile_names
from synth.teacher.table import coverage, print_teachers

GOOD = """
name: mine
model: me/mine
style: chat
languages: [es, sw]
licence: {id: mit, outputs_note: none}
"""


@pytest.mark.parametrize("name", profile_names())
def test_ours_are_complete(name: str) -> None:
    profile = get_profile(name)
    assert profile.name == name
    assert profile.licence.outputs_note
    assert profile.covered
    if profile.model:
        assert profile.memory_gib > 0


def test_what_users_were_promised_is_there() -> None:
    wanted = {"gemma3-27b-it", "qwen3-8b", "aya-expanse-32b", "eurollm-9b", "llama3.3-70b", "translategemma-12b"}
    wanted |= {"towerinstruct-7b", "generic-instruct", "generic-base", "embedded"}
    assert wanted <= set(profile_names())


def test_sampling_sends_only_what_does_something() -> None:
    assert get_profile("generic-instruct").payload_sampling() == {"temperature": 0.0, "seed": 0}
    qwen = get_profile("qwen3-8b").payload_sampling()
    assert (qwen["temperature"], qwen["top_p"], qwen["top_k"]) == (0.7, 0.8, 20)
    assert qwen["repetition_detection"]["min_count"] >= 2


def test_non_commercial_teachers_are_marked() -> None:
    marked = {name for name, profile in load_profiles().items() if profile.licence.non_commercial}
    assert marked == {"aya-expanse-8b", "aya-expanse-32b", "towerinstruct-7b", "towerinstruct-13b"}


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("Qwen/Qwen3-8B", "qwen3-8b"),
        ("some/folder/Qwen3-8B/", "qwen3-8b"),
        ("unsloth/gemma-3-4b-it", "gemma3-4b-it"),
        ("embedded", "embedded"),
        ("who/knows-7b", "generic-instruct"),
    ],
)
def test_a_model_finds_its_profile(model: str, name: str) -> None:
    assert profile_for_model(model).name == name


def test_a_server_with_less_context_bounds_the_profile() -> None:
    assert profile_for_model("Qwen/Qwen3-8B", 1024).context == 1024
    assert profile_for_model("Qwen/Qwen3-8B", 10**6).context == get_profile("qwen3-8b").context
    assert profile_for_model("who/knows").model == "who/knows"


def test_a_profile_of_the_users_own(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(GOOD)
    profile = get_profile(str(file))
    assert isinstance(profile, Profile)
    assert profile.covered == {"es", "sw"}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("languages: [es, sw]|languages: [es, xx]", "xx"),
        ("style: chat|styel: chat", "style"),
        ("style: chat|style: chatty", "style"),
        ("style: chat|style: translation", "quirks.template"),
        ("model: me/mine|model: [", "no YAML"),
        ("model: me/mine|sampling: {temperature: 9}", "sampling.temperature"),
        ("model: me/mine|contxt: 5", "'context'"),
    ],
)
def test_a_broken_profile_is_refused_with_file_and_key(tmp_path: Path, change: str, named: str) -> None:
    file = tmp_path / "mine.yaml"
    before, after = change.split("|")
    file.write_text(GOOD.replace(before, after))
    with pytest.raises(BadFlag) as caught:
        get_profile(str(file))
    assert "mine.yaml" in str(caught.value)
    assert named in str(caught.value)


def test_an_unknown_name_gets_a_suggestion(tmp_path: Path) -> None:
    with pytest.raises(BadFlag, match="'qwen3-8b'"):
        get_profile("qwen3-8")
    with pytest.raises(BadFlag, match="cannot be read"):
        get_profile(str(tmp_path / "none.yaml"))


def test_the_table_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    print_teachers(json=True)
    teachers = {teacher["name"]: teacher for teacher in json.loads(capsys.readouterr().out)["teachers"]}
    assert "sw" in teachers["qwen3-8b"]["covered"]
    assert "qu" not in teachers["qwen3-8b"]["covered"]
    assert len(teachers["gemma3-4b-it"]["covered"]) == 50


def test_the_table_for_people_is_whole_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    print_teachers(json=False)
    out = capsys.readouterr().out
    assert all(name in out for name in profile_names())
    assert "non-commercial" in out


def test_coverage_counts_models_only() -> None:
    assert "generic-instruct" not in coverage()
    assert coverage()["towerinstruct-7b"] == {"de", "en", "es", "fr", "it", "ko", "nl", "pt", "ru", "zh"}
