"""The verb `synth plan`: the options of `synth generate`, and what the run would cost."""

from __future__ import annotations

import argparse
import json
import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from synth.errors import BadFlag
from synth.generate.command import add_arguments as add_generate_arguments
from synth.generate.command import config_of

if TYPE_CHECKING:
    from synth.plan.estimate import Estimate
    from synth.plan.probe import Probed
    from synth.plan.tokens import Tokens


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `synth generate`, `--rate` and `--probe`."""
    # First: `--server-args` takes everything behind it.
    parser.add_argument("--rate", metavar="TOKENS", help="generated tokens a second of the whole run, for its hours")
    parser.add_argument(
        "--probe", metavar="N", help="ask the teacher N real requests in each of three languages, and measure"
    )
    add_generate_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Plan, write plan.json into the corpus folder, and print it."""
    from synth.plan.show import print_plan

    rate = _positive("--rate", args.rate)
    number = _positive("--probe", args.probe)
    if number is not None and number != int(number):
        raise BadFlag(f"--probe {args.probe}: give a whole number of requests, such as 8")
    if rate and number:
        raise BadFlag("--rate states what --probe measures; give one of the two")
    found = plan(args, rate, int(number or 0))
    print_plan(found)
    if args.json:
        print(json.dumps(found, ensure_ascii=False))
    return 0


def _positive(flag: str, text: str | None) -> float | None:
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise BadFlag(f"{flag} {text}: give a number above 0")
    return value


def plan(args: argparse.Namespace, rate: float | None, number: int) -> dict[str, Any]:
    """The plan as it is written to plan.json.

    Raises:
        BadFlag, BadSource, BadFolder: As `synth generate` would.
        TeacherError: The probe got no answer.
    """
    from synth.corpus.files import write_json
    from synth.corpus.layout import Layout
    from synth.generate.run import check_folder, read_inputs
    from synth.generate.teachers import choose_teacher
    from synth.plan.dryrun import dry_tools
    from synth.plan.estimate import estimate
    from synth.plan.probe import probe_teacher
    from synth.plan.tokens import tokens_of

    config = config_of(args)
    layout = Layout(config.folder())
    check_folder(layout)
    inputs = read_inputs(config)
    teacher = choose_teacher(config)
    tokens = tokens_of(teacher)
    found = estimate(inputs, config.kinds, dry_tools(config, teacher), tokens)
    probed = probe_teacher(number, config, teacher, layout, found, tokens) if number else None
    value = _described(found, tokens, probed, rate)
    value |= {"corpus": str(layout.root), "teacher": teacher.profile.name, "config": config.identity()}
    write_json(layout.root / "plan.json", value)
    return value


def _described(found: Estimate, tokens: Tokens, probed: Probed | None, rate: float | None) -> dict[str, Any]:
    """The plan's numbers; after a probe, tokens as the teacher itself counts them."""
    prompt, completion = (probed.prompt_factor, probed.completion_factor) if probed else (1.0, 1.0)
    languages = {}
    for lang, cost in found.by_language.items():
        languages[lang] = {
            "rows": round(cost.rows),
            "requests": round(cost.requests),
            "prompt_tokens": round(cost.prompt_tokens * prompt),
            "completion_tokens": round(cost.completion_tokens * completion),
            "tokens_per_english_token": round(tokens.ratio(lang), 3),
        }
    keys = ("rows", "requests", "prompt_tokens", "completion_tokens")
    value: dict[str, Any] = {key: sum(numbers[key] for numbers in languages.values()) for key in keys}
    speed = probed.rate if probed else rate
    value["seconds"] = round(value["completion_tokens"] / speed, 1) if speed else None
    value["rate"] = round(speed, 1) if speed else None
    value["rate_from"] = "probe" if probed else "stated" if rate else ""
    value["probe"] = _probe_record(probed) if probed else None
    value |= {"disk_bytes": round(found.disk_bytes), "exact": found.exact, "tokens": tokens.how}
    value |= {"tokens_measured": tokens.measured or bool(probed), "languages": languages}
    return value | {"created": datetime.now(UTC).isoformat(timespec="seconds")}


def _probe_record(probed: Probed) -> dict[str, Any]:
    return {
        "requests": probed.requests,
        "prompt_factor": round(probed.prompt_factor, 3),
        "completion_factor": round(probed.completion_factor, 3),
    }
