"""From `--teacher` to somebody to ask."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from synth.errors import BadFlag
from synth.generate.rounds import salts_of
from synth.generate.teachers import Teacher, choose_teacher, make_style
from synth.prompts.chat import ChatStyle
from synth.prompts.fewshot import FewShotStyle
from synth.prompts.mt import TranslationStyle
from synth.teacher.profiles import get_profile
from tests.generate.fakes import asked
from tests.teacher.standin import StandInProcess


def _choose(teacher: str, **more: Any) -> Teacher:
    return choose_teacher(asked(teacher=teacher, **more))


def test_a_profile_names_its_model() -> None:
    found = _choose("gemma3-4b-it")
    assert (found.model, found.urls, found.profile.name) == ("google/gemma-3-4b-it", (), "gemma3-4b-it")


def test_a_model_id_or_folder_finds_its_profile(tmp_path: Path) -> None:
    (tmp_path / "gemma-3-4b-it").mkdir()
    for name in ("google/gemma-3-4b-it", str(tmp_path / "gemma-3-4b-it")):
        found = _choose(name)
        assert (found.model, found.profile.name) == (name, "gemma3-4b-it")
    assert _choose("someone/unheard-of").profile.name == "generic-instruct"
    assert _choose("someone/unheard-of", profile="generic-base").profile.style == "base"


def test_urls_are_asked_what_they_serve(tmp_path: Path) -> None:
    with StandInProcess(tmp_path, model="google/gemma-3-4b-it", max_model_len=3000) as teacher:
        found = _choose(f"{teacher.url},{teacher.url}/v1")
        assert (found.model, found.profile.name, len(found.urls)) == ("google/gemma-3-4b-it", "gemma3-4b-it", 2)
        assert found.profile.context == 3000
        (tmp_path / "other").mkdir()
        with (
            StandInProcess(tmp_path / "other", model="other") as second,
            pytest.raises(BadFlag, match="different models"),
        ):
            _choose(f"{teacher.url},{second.url}")


@pytest.mark.parametrize(
    ("teacher", "more", "named"),
    [
        ("gemma3-4b", {}, "gemma3-4b-it"),
        ("embeded", {}, "'embedded'"),
        ("generic-instruct", {}, "--profile generic-instruct"),
        ("embedded", {"profile": "qwen3-8b"}, "--profile qwen3-8b"),
        ("someone/model", {"profile": "qwen3"}, "qwen3-8b"),
        ("towerinstruct-7b", {"kind": "both"}, "only translates"),
    ],
)
def test_what_cannot_be_meant_is_refused(teacher: str, more: dict[str, Any], named: str) -> None:
    with pytest.raises(BadFlag, match=named):
        _choose(teacher, **more)


@pytest.mark.parametrize(
    ("name", "style"),
    [("gemma3-4b-it", ChatStyle), ("embedded", FewShotStyle), ("towerinstruct-7b", TranslationStyle)],
)
def test_each_style_of_profile_has_its_prompts(name: str, style: type) -> None:
    assert type(make_style(get_profile(name))) is style


def test_thinking_is_switched_off_and_bos_is_sent_where_the_profile_says_so() -> None:
    thinking = make_style(get_profile("qwen3-8b"))
    assert isinstance(thinking, ChatStyle) and thinking.extra
    assert thinking.extra["chat_template_kwargs"] == {"enable_thinking": False}
    base = make_style(get_profile("embedded"))
    assert isinstance(base, FewShotStyle) and base.bos == "<bos>"


def test_limits_follow_the_profile_and_the_flag() -> None:
    teacher = _choose("gemma3-4b-it")
    plain = teacher.limits(asked())
    assert plain.ceiling == teacher.profile.context // 2 and plain.sampling["temperature"] == 0
    assert teacher.limits(asked(max_tokens=99)).ceiling == 99
    redone = [teacher.limits(asked(), salts_of(number)).sampling for number in (1, 2)]
    assert redone[0]["temperature"] == redone[1]["temperature"] > 0
    assert redone[0]["seed"] != redone[1]["seed"]
    assert teacher.limits(asked(temperature=0.2), salts_of(1)).sampling["temperature"] == 0.2


def test_who_answers_is_part_of_every_request_and_what_does_not_matter_is_not() -> None:
    one, other = _choose("gemma3-4b-it"), _choose("gemma3-12b-it")
    assert one.request_identity() == _choose("gemma3-4b-it").request_identity() != other.request_identity()
    served = Teacher(one.profile, one.model, ("http://localhost:1",), one.style)
    assert served.request_identity() == one.request_identity() and served.identity() == one.identity()
