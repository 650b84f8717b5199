"""The command `synth`: verbs, errors and exit codes. A verb's code is imported when the verb is called."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

from synth import __version__
from synth.errors import BadFlag, Interrupted, StoppedError, SynthError

# verb -> (module with add_arguments(parser) and run(args) -> int, help)
VERBS: dict[str, tuple[str, str]] = {
    "generate": ("synth.generate.command", "translate or paraphrase the tasks into a corpus"),
    "plan": ("synth.plan.command", "what generating will cost: rows, tokens, hours, disk"),
    "import": ("synth.train.command_import", "bring an existing machine-translated data set in as a corpus"),
    "filter": ("synth.filter.command", "score a corpus, drop what is wrong with its reason, write the report"),
    "train": ("synth.train.command", "train the arms of a recipe, matched, off manifests"),
    "run": ("synth.experiment.command", "all arms and seeds of one experiment file, from training to the report"),
    "status": ("synth.status", "progress of a corpus or of training, read from its files"),
    "manifest": ("synth.manifest.command", "write, show or verify what is in a corpus"),
    "publish": ("synth.publish.command", "put a corpus on the Hugging Face Hub"),
    "evaluate": ("synth.evaluate.command", "fine-tune runs on the English target sets and predict XTREME-R, zero-shot"),
    "report": ("synth.evaluate.command_report", "scores of prediction folders on one page, arms against each other"),
    "tasks": ("synth.tables", "the nine tasks"),
    "langs": ("synth.tables", "the fifty languages"),
    "teachers": ("synth.tables", "the teacher profiles"),
}


_STOPPED = "stopped; run the same command again to go on"
_told_to_stop: list[bool] = []  # filled by the handler of SIGTERM


class _Parser(argparse.ArgumentParser):
    """Reports bad usage as one line with the nearest option, like every other bad input."""

    def error(self, message: str) -> NoReturn:
        raise BadFlag(f"{_with_hint(self, message)}; `{self.prog} --help` lists all options")


def _with_hint(parser: argparse.ArgumentParser, message: str) -> str:
    from synth.nearest import did_you_mean

    word = message.rpartition(": ")[2].split(" ")[0].split("=")[0]
    options = [option for action in parser._actions for option in action.option_strings]
    hint = did_you_mean(word, options) if "unrecognized" in message else ""
    return f"{message} ({hint.rstrip('?')}?)" if hint else message


def parse(words: Sequence[str], verb: str | None) -> argparse.Namespace:
    """The parsed command line; only the verb that is called has its options (and its imports).

    Raises:
        BadFlag: An option is unknown or lacks its value; the nearest option of the verb is named.
    """
    parser = _Parser(
        prog="synth", description="Synthetic multilingual intermediate-task data, end to end.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"synth {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True, parser_class=_Parser)
    called: argparse.ArgumentParser = parser
    for name, (module, help_text) in VERBS.items():
        told = help_text[0].upper() + help_text[1:] + "."
        sub = verbs.add_parser(name, help=help_text, description=told, allow_abbrev=False)
        if name == verb:
            importlib.import_module(module).add_arguments(sub)
            called = sub
    parsed, unknown = parser.parse_known_args(words)
    if unknown:  # left to argparse, the parser of all verbs would report it, which knows no verb's options
        called.error(f"unrecognized arguments: {' '.join(unknown)}")
    return parsed


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit code (0 done, 1 could not finish, 2 bad input, 130 stopped by the user)."""
    words = list(sys.argv[1:] if argv is None else argv)
    verb = next((word for word in words if not word.startswith("-")), None)
    _told_to_stop.clear()
    _listen_for_stops()
    try:
        _check_verb(verb)
        parsed = parse(words, verb)
        code = importlib.import_module(VERBS[parsed.verb][0]).run(parsed)
        sys.stdout.flush()
        return int(code)
    except SynthError as error:
        # What else fails once we were told to stop (a cluster that goes down around us) is part of the stop.
        stopped = bool(_told_to_stop) and error.exit_code == StoppedError.exit_code
        code = Interrupted.exit_code if stopped else error.exit_code
        return _end(code, _STOPPED if stopped else str(error), alone=argv is None)
    except KeyboardInterrupt:
        return _end(Interrupted.exit_code, _STOPPED, alone=argv is None)
    except BrokenPipeError:  # `synth langs | head`: the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _end(code: int, told: str, alone: bool) -> int:
    """Say why it ends. Where it was stopped, a further signal would only cut that off (and is another program's)."""
    if alone and code == Interrupted.exit_code:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
    print(f"synth: {told}", file=sys.stderr)
    return code


def _check_verb(verb: str | None) -> None:
    from synth.nearest import did_you_mean

    if verb is not None and verb not in VERBS:
        hint = did_you_mean(verb, VERBS)
        raise BadFlag(" ".join(filter(None, (f"there is no verb {verb!r}.", hint, f"Verbs: {', '.join(VERBS)}"))))


def _as_interrupt(_number: int, _frame: object) -> None:
    """SIGTERM (a cluster's scheduler) stops a run like Ctrl-C: cleanly, with everything kept.

    It is passed on as SIGINT, for which asyncio has a handler that cancels the work. An exception raised right here
    could hit the event loop between two of its own steps, and leave tasks that nobody wakes any more. Once, not twice:
    asyncio takes a second one for impatience, and lets it hit whatever runs.
    """
    _told_to_stop.append(True)
    waiting = signal.SIGINT in signal.sigpending()  # a Ctrl-C held back by the mask: it comes with the unblocking
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    if not waiting:
        signal.raise_signal(signal.SIGINT)


def _listen_for_stops() -> None:
    """Take SIGTERM, also in the background of a script, whose shell has SIGINT ignored there.

    A Ctrl-C of the script's user stays unheard as the shell wants it: SIGINT is blocked until SIGTERM comes.
    """
    signal.signal(signal.SIGTERM, _as_interrupt)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        signal.signal(signal.SIGINT, signal.default_int_handler)


if __name__ == "__main__":
    sys.exit(main())
