"""How targets are trained and predicted: official settings, those of the paper's toolkit, and some for a small student.

Every number of `official` is from the scripts of google-research/xtreme (838c13b, `scripts/train_*.sh`), for XLM-R
Large; of `jiant` from the toolkit of Phang et al. (2020) (`scripts/benchmarks/xtreme/subscripts/`,
`guides/benchmarks/xtreme.md`). What jiant has no settings for (XCOPA, LAReQA, Mewsli-X) keeps the official epochs,
batch and lengths at jiant's learning rate and warm-up. `small` is a choice of ours: what a student of 20M parameters
beside its embeddings learns in minutes on two cores.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal

from pydantic import Field, ValidationError, model_validator

from synth.errors import BadFlag
from synth.evaluate.settings_file import explain, lay_over, read_yaml
from synth.train.recipe import Lengths, Optim, Section


class Target(Section):
    """One training of the target stage."""

    optim: Optim = Optim()
    epochs: float = Field(gt=0, le=1000)
    warmup_steps: int = Field(
        default=0, ge=0, description="steps of warm-up, at most a tenth of all; 0: the share `optim.warmup`"
    )
    lengths: Lengths = Lengths()
    select_every: int = Field(
        default=0, ge=0, description="steps between two evaluations on English dev; 0: the last weights are taken"
    )
    rows: int = Field(default=0, ge=0, description="most training examples, drawn by the seed; 0: all")
    dev_rows: int = Field(default=0, ge=0, description="most dev examples, drawn by the seed; 0: all")


class Prediction(Section):
    """How test sets are predicted; none of it changes what is predicted, but for the precision."""

    tokens: int = Field(
        default=0, ge=0, description="most pieces of a batch, padding counted; 0: 2,048 on a CPU, 16,384 on a GPU"
    )
    precision: Literal["auto", "fp32", "bf16"] = Field(
        default="auto", description="auto: bf16 on a GPU that has it, else fp32"
    )
    best: int = Field(default=20, ge=1, le=400, description="spans: starts and ends looked at in a window (n-best)")
    answer: int = Field(default=30, ge=1, description="spans: most pieces of an answer")
    items: int = Field(default=0, ge=0, description="first items of each test set; 0: all (never less for a report)")


Pool = Literal["mean", "first", "last"]


class Retrieval(Section):
    """Sentence vectors of the retrieval tasks without training. Layers count from 1; -1 is the last one."""

    # run_tatoeba.sh: `--specific_layer 13` of 24, counted from 0 behind the embeddings: the 14th, jiant's "layer 14".
    layer: int = Field(default=0, description="of Tatoeba; 0: two above the middle (14th of 24, 8th of 12)")
    pool: Pool = Field(default="mean", description="of Tatoeba: how a sentence's pieces become one vector")
    # run_bucc2018.sh: `--specific_layer 7 --pool_type cls`, of 24 layers and of 12.
    mining_layer: int = Field(default=0, description="of BUCC; 0: the 8th whatever the depth (of fewer, Tatoeba's)")
    mining_pool: Pool = Field(default="first", description="of BUCC")
    length: int = Field(default=512, ge=16, description="most pieces of a sentence")
    prefix: str = Field(default="", description="put before every sentence; E5's own is `query: `")
    after: Literal["", "squad"] = Field(
        default="",
        description="of Tatoeba and BUCC: train on English SQuAD first, as XTREME-R's encoder was",
    )


class Text(Section):
    """How text-to-text models are asked (style text); the wordings are those of `synth.train.encode.text`."""

    answers: Literal["auto", "example", "english"] = Field(
        default="auto", description="wording of prompts and answers; auto: the run's, `example` for a plain model"
    )
    train: bool = Field(
        default=True, description="train on the target's English set as text first; false: the model as it is"
    )
    normalise: Literal["none", "pieces"] = Field(
        default="none", description="likelihood of an answer: sum over its pieces, or their mean"
    )
    length: int = Field(default=1_024, ge=64, description="most pieces of prompt and answer; the beginning is cut off")
    written: int = Field(default=48, ge=1, description="spans: most pieces that are written")


class EvalSettings(Section):
    """Everything that decides a run's scores but the run and the data."""

    name: str = "official"
    style: Literal["auto", "heads", "text"] = Field(
        default="auto",
        description="heads that are trained on the target, or text (by likelihood and generation); auto: as the run "
        "was trained, heads for a plain model",
    )
    targets: dict[str, Target]
    prediction: Prediction = Prediction()
    retrieval: Retrieval = Retrieval()
    text: Text = Text()
    precision: Literal["fp32", "bf16", "fp16"] = Field(default="fp32", description="of training")
    save_every: int = Field(default=500, ge=1, description="steps between checkpoints of a training")
    freeze_embeddings: bool = Field(default=False, description="leave the input embeddings as they are")
    dropout: float | None = Field(default=None, ge=0, lt=1, description="of the backbone; the checkpoint's own if null")

    @model_validator(mode="after")
    def _known(self) -> EvalSettings:
        wrong = sorted(set(self.targets) ^ set(TARGETS))
        if wrong:
            raise ValueError(f"targets are {', '.join(TARGETS)}; {', '.join(wrong)} is missing or none of them")
        if any(target.optim.dropout is not None for target in self.targets.values()):
            raise ValueError("all targets start from one model: give `dropout`, not `optim.dropout`")
        return self


TARGETS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "xnli": "MNLI",
        "pawsx": "PAWS-X en",
        "siqa": "Social IQa, first of XCOPA's two",
        "copa": "COPA, second of XCOPA's two",
        "udpos": "English UD treebanks",
        "panx": "WikiANN en",
        "squad": "SQuAD v1.1, of XQuAD and MLQA",
        "tydiqa": "TyDiQA-GoldP en",
        "lareqa": "SQuAD v1.1 as questions and sentences",
        "mewslix": "mentions and entities of English Wikipedia",
    }
)
"""The trainings of the target stage, and what they train on."""


def _target(rate: float, epochs: float, batch: tuple[int, int], **more: Any) -> dict[str, Any]:
    optim = {"learning_rate": rate, "batch_size": batch[0], "accumulation": batch[1], **more.pop("optim", {})}
    return {"optim": optim, "epochs": epochs, **more}


# No warm-up and no decay unless a script sets them: the defaults of its run_*.py.
_PLAIN: Final = {"warmup": 0.0, "weight_decay": 0.0}
_SHORT: Final = {"pair": 128}
_QA: Final = {"span": 384, "stride": 128, "question": 64}
_OFFICIAL: Final[dict[str, Any]] = {
    "xnli": _target(3e-5, 5, (2, 16), optim=_PLAIN, lengths=_SHORT, select_every=100),  # train_xnli.sh
    "pawsx": _target(2e-5, 5, (2, 16), optim=_PLAIN, lengths=_SHORT, select_every=200),  # train_pawsx.sh
    "siqa": _target(3e-5, 5, (2, 16), optim=_PLAIN, lengths=_SHORT),  # train_xcopa.sh; the last weights
    "copa": _target(3e-5, 5, (2, 16), optim=_PLAIN, lengths=_SHORT),  # train_xcopa.sh
    "udpos": _target(2e-5, 10, (2, 16), optim=_PLAIN, lengths=_SHORT, select_every=500),  # train_udpos.sh
    "panx": _target(2e-5, 10, (2, 16), optim=_PLAIN, lengths=_SHORT, select_every=1000),  # train_panx.sh
    "squad": _target(
        3e-5, 3, (4, 8), optim={"warmup": 0.0, "weight_decay": 1e-4}, warmup_steps=500, lengths=_QA
    ),  # train_qa.sh; the last weights
    "tydiqa": _target(
        3e-5, 3, (4, 8), optim={"warmup": 0.0, "weight_decay": 1e-4}, warmup_steps=500, lengths=_QA
    ),  # train_qa.sh
    "lareqa": _target(
        2e-5, 3, (4, 4), optim=_PLAIN, lengths={"pair": 256, "span": 352, "question": 96}, select_every=1000
    ),  # train_lareqa.sh: question 96, sentence and paragraph 256; its checkpoint is chosen by the loss on dev
    "mewslix": _target(1e-5, 2, (8, 4), optim=_PLAIN, lengths={"pair": 64}, select_every=2000),  # train_mewslix.sh
}

_JIANT_OPTIM: Final = {"warmup": 0.1, "weight_decay": 0.01}  # shared/model_setup.py
_JIANT_PAIR: Final = {"pair": 256}
_JIANT: Final[dict[str, Any]] = {
    "xnli": _target(1e-5, 2, (4, 8), optim=_JIANT_OPTIM, lengths=_JIANT_PAIR, select_every=1000),
    "pawsx": _target(1e-5, 5, (4, 8), optim=_JIANT_OPTIM, lengths=_JIANT_PAIR, select_every=1000),
    "siqa": _target(1e-5, 5, (4, 8), optim=_JIANT_OPTIM, lengths=_SHORT, select_every=100),
    "copa": _target(1e-5, 5, (4, 8), optim=_JIANT_OPTIM, lengths=_SHORT, select_every=10),
    "udpos": _target(1e-5, 10, (4, 8), optim=_JIANT_OPTIM, lengths=_JIANT_PAIR, select_every=1000),
    "panx": _target(1e-5, 10, (4, 8), optim=_JIANT_OPTIM, lengths=_JIANT_PAIR, select_every=1000),
    "squad": _target(1e-5, 2, (4, 4), optim=_JIANT_OPTIM, lengths=_QA, select_every=1000),
    "tydiqa": _target(1e-5, 2, (4, 4), optim=_JIANT_OPTIM, lengths=_QA, select_every=1000),
    "lareqa": _target(1e-5, 3, (4, 4), optim=_JIANT_OPTIM, lengths={"pair": 256, "span": 352, "question": 96}),
    "mewslix": _target(1e-5, 2, (8, 4), optim=_JIANT_OPTIM, lengths={"pair": 64}, select_every=1000),
}

# A small student takes many small steps in place of few large ones: its data are few, and so is its time. Micro-batches
# are small because a step is sorted by length before it is cut: less padding for the same gradient.
_SMALL_OPTIM: Final = {"warmup": 0.1, "weight_decay": 0.01}
_SMALL_PAIR: Final = {"pair": 96}
_SMALL_QA: Final = {"span": 320, "stride": 192, "question": 48}  # a sixth fewer pieces than 256 and 96, on SQuAD
_SMALL: Final[dict[str, Any]] = {
    "xnli": _target(1e-4, 2, (8, 2), optim=_SMALL_OPTIM, lengths=_SMALL_PAIR),
    "pawsx": _target(1e-4, 2, (8, 2), optim=_SMALL_OPTIM, lengths=_SMALL_PAIR),
    "siqa": _target(1e-4, 1, (8, 2), optim=_SMALL_OPTIM, lengths=_SMALL_PAIR),
    "copa": _target(1e-4, 5, (8, 2), optim=_SMALL_OPTIM, lengths=_SMALL_PAIR),
    "udpos": _target(1e-4, 3, (8, 2), optim=_SMALL_OPTIM, lengths=_SMALL_PAIR),
    "panx": _target(1e-4, 3, (8, 2), optim=_SMALL_OPTIM, lengths=_SMALL_PAIR),
    "squad": _target(1e-4, 1, (4, 2), optim=_SMALL_OPTIM, lengths=_SMALL_QA),
    "tydiqa": _target(1e-4, 2, (4, 2), optim=_SMALL_OPTIM, lengths=_SMALL_QA),
    "lareqa": _target(1e-4, 1, (16, 1), optim=_SMALL_OPTIM, lengths={"pair": 128, "span": 176, "question": 48}),
    "mewslix": _target(1e-4, 1, (32, 1), optim=_SMALL_OPTIM, lengths={"pair": 64}),
}
PRESETS: Final[Mapping[str, Mapping[str, Any]]] = MappingProxyType(
    {
        "official": {"targets": _OFFICIAL},
        "jiant": {"targets": _JIANT},  # e_run_models.sh: Tatoeba by layer 14 of 24, which is the official one
        "small": {
            "targets": _SMALL,
            "freeze_embeddings": True,
            "retrieval": {"layer": -1, "mining_layer": -1, "mining_pool": "mean"},
        },
    }
)
"""Settings that come with Synth, by the name that `--settings` takes."""


def load_settings(name: str, changes: Mapping[str, Any] | None = None) -> EvalSettings:
    """Settings by the name of a preset or by path, with changes laid over them.

    Args:
        name: A preset, or a YAML file: keys of the settings, and `base` (the preset that it changes; `official` if left
            out).
        changes: By dotted key: `prediction.tokens`, `squad.epochs` (one target), `optim.learning_rate` (all targets).

    Raises:
        BadFlag: There are no such settings, or a key or value of them is not allowed.
    """
    given: dict[str, Any] = {} if name in PRESETS else read_yaml(Path(name), tuple(PRESETS))
    base = str(given.pop("base", "official")) if name not in PRESETS else name
    if base not in PRESETS:
        raise BadFlag(f"{name}: base: there are no settings {base!r}; take one of {', '.join(PRESETS)}")
    values = {**PRESETS[base], "name": name if name in PRESETS else Path(name).stem}
    try:
        for change in (given, changes or {}):
            values = lay_over(values, change, EvalSettings, Target)
        return EvalSettings.model_validate(values)
    except ValidationError as error:
        raise BadFlag(explain(error, name, EvalSettings, Target)) from None


_NOT_IDENTITY: Final = frozenset({"name", "save_every"})
_BATCH: Final = "tokens"  # of `prediction`: how many pieces a batch has


def identity_of(settings: EvalSettings) -> dict[str, Any]:
    """The settings that decide predictions: not their name, how often is saved, or how many pieces a batch has."""
    values = settings.model_dump(mode="json")
    values["prediction"] = {key: value for key, value in values["prediction"].items() if key != _BATCH}
    return {key: value for key, value in values.items() if key not in _NOT_IDENTITY}


def differences(one: Mapping[str, Any], other: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any, Any]]:
    """What decides predictions and differs between two settings in their JSON form: dotted key and both values."""
    for key in dict.fromkeys((*one, *other)):
        mine, theirs = one.get(key), other.get(key)
        if isinstance(mine, Mapping) and isinstance(theirs, Mapping):
            yield from differences(mine, theirs, f"{prefix}{key}.")
        elif mine != theirs and key not in {*_NOT_IDENTITY, _BATCH}:
            yield f"{prefix}{key}", mine, theirs
