"""A whole `synth generate` in this process, with a teacher that is a function."""

from __future__ import annotations

from types import TracebackType
from typing import Any

import pytest

from synth.generate import redo as redo_module
from synth.generate import run as run_module
from synth.generate.teachers import Teacher as Chosen
from synth.prompts.base import Style
from synth.prompts.chat import ChatStyle
from synth.teacher.profiles import get_profile
from tests.generate.fakes import Teacher


class _Client:
    """The part of a client that a run uses."""

    def __init__(self, teacher: Teacher) -> None:
        self.ask = teacher.send

    async def __aenter__(self) -> _Client:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class Hired:
    """`hired.teacher` answers what runs ask; replace it between runs."""

    def __init__(self) -> None:
        self.teacher = Teacher()
        self.style: Style = ChatStyle()

    def choose(self, _config: object) -> Chosen:
        """In place of `choose_teacher`."""
        return Chosen(get_profile("generic-instruct"), "fake", ("http://localhost:1",), self.style)

    def client(self, *_: Any, **__: Any) -> _Client:
        """In place of `make_client`."""
        return _Client(self.teacher)


@pytest.fixture
def hired(monkeypatch: pytest.MonkeyPatch) -> Hired:
    """The teacher of all runs of this test."""
    found = Hired()
    for module in (run_module, redo_module):
        monkeypatch.setattr(module, "choose_teacher", found.choose)
        monkeypatch.setattr(module, "make_client", found.client)
    return found
