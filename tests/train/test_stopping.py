"""Ctrl-C while a student trains."""

from __future__ import annotations

import signal

import pytest

from synth.train import stopping


def test_the_first_signal_asks_an_echo_is_nothing_and_the_second_stops(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = signal.getsignal(signal.SIGINT)
    with stopping.listening() as stop:
        assert not stop.asked
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        assert stop.asked
        monkeypatch.setattr(stopping, "_ECHO_S", -1.0)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
    assert capsys.readouterr().err.count("once more to stop at once") == 1
