"""A recipe: everything that decides a set of training runs, as one typed object behind YAML files and flags.

Unknown keys are refused with the nearest known one. A flag is a key's dotted name (`--optim.learning_rate 2e-5`), so
that YAML, flags and the run record share their names. Defaults are those of jiant, the toolkit of Phang et al. (2020),
where it has one; each says where it is from.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from synth.corpus.files import fingerprint
from synth.errors import BadFlag, UserError
from synth.languages import LANGUAGES
from synth.train.architectures import ARCHITECTURES, get_architecture
from synth.train.arm_names import Arm, ArmName, arm_of


class Section(BaseModel):
    """Base of all parts of a recipe: nothing unknown, nothing changed after reading, no infinite numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Model(Section):
    """Which student."""

    architecture: str = Field(description=f"one of {', '.join(ARCHITECTURES)}")
    path: str = Field(default="", description="Hub repository or folder of the weights; by architecture when left out")
    revision: str | None = Field(default=None, description="commit of the Hub repository")

    @field_validator("architecture")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            return get_architecture(name).name
        except BadFlag as error:
            raise ValueError(str(error)) from None

    @property
    def place(self) -> str:
        """Where the weights come from: a Hub repository, a folder, or "" for the embedded students."""
        return self.path or get_architecture(self.architecture).hub


class BudgetUnit(StrEnum):
    """What a budget counts."""

    EPOCHS = "epochs"
    EXAMPLES = "examples"
    STEPS = "steps"
    TOKENS = "tokens"


class Budget(Section):
    """How long each arm trains; exactly one of them is given.

    A budget in tokens is turned into examples by the tokens of the English rows before the arms are compared: the same
    number of tokens would mean fewer examples for the multilingual arms, whose text takes more tokens.
    """

    epochs: float | None = Field(default=None, gt=0, le=1000, description="passes over the matched examples")
    examples: int | None = Field(default=None, gt=0, le=10**10, description="examples drawn, over all tasks")
    steps: int | None = Field(default=None, gt=0, le=10**9, description="optimiser steps")
    tokens: int | None = Field(default=None, gt=0, le=10**13, description="tokens of the English arm")

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = [unit.value for unit in BudgetUnit if getattr(self, unit) is not None]
        if len(given) != 1:
            raise ValueError(f"give exactly one of epochs, examples, steps and tokens, not {given or 'none'}")
        return self

    @property
    def unit(self) -> BudgetUnit:
        """The unit that is given."""
        return next(unit for unit in BudgetUnit if getattr(self, unit) is not None)

    @property
    def amount(self) -> float:
        """How much of it."""
        return float(getattr(self, self.unit))


def _split(value: Any) -> Any:
    """Lists may be written `a,b` (flags are)."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


Words = Annotated[tuple[str, ...], BeforeValidator(_split)]
Numbers = Annotated[
    tuple[int, ...], BeforeValidator(lambda value: [value] if isinstance(value, int) else _split(value))
]


class Languages(Section):
    """Which languages the multilingual arms have, and in which proportions an example's language is drawn."""

    codes: Words = Field(default=("all",), description="all that the corpora have, or languages such as es,sw")
    sampling: Literal["uniform", "proportional", "temperature", "named"] = Field(
        default="uniform", description="uniform; by kept rows; by kept rows to the power 1/temperature; or by `weights`"
    )
    temperature: float = Field(default=5.0, ge=1, le=1000, description="of sampling `temperature`; 1 is proportional")
    weights: dict[str, float] = Field(default={}, description="weight of each language, for sampling `named`")

    @model_validator(mode="after")
    def _sound(self) -> Self:
        unknown = sorted({*self.codes, *self.weights} - set(LANGUAGES) - {"all"})
        if unknown:
            raise ValueError(f"there is no language {', '.join(unknown)}; `synth langs` lists them")
        if (self.sampling == "named") != bool(self.weights):
            raise ValueError("give `weights` with sampling `named`, and only with it")
        if any(weight <= 0 for weight in self.weights.values()):
            raise ValueError("weights must be above 0; leave a language out instead")
        if "en" in {*self.codes, *self.weights}:
            raise ValueError("en is no language of the multilingual arms; use a mixture with `english`")
        return self


class Matching(Section):
    """How the arms are brought to the same source examples."""

    strategy: Literal["intersection", "drawn"] = Field(
        default="intersection",
        description="intersection: examples that every language of every arm kept; drawn: examples that some language "
        "of every arm kept, each in a language that kept it",
    )
    min_share: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="least share of the English examples that must be left, else the run is refused",
    )


class Mixing(Section):
    """How tasks are mixed; see `synth.train.mixing`."""

    # jiant's `examples_cap` has no default; 2^17 lets SQuAD, QQP and MNLI count alike and is a choice of ours.
    cap: int = Field(default=131_072, gt=0, description="examples that a task counts for at most")
    temperature: float = Field(default=1.0, ge=1, le=1000, description="sizes to the power 1/temperature")


class Optim(Section):
    """The optimiser. Defaults: jiant, `proj/main/runscript.py`, `proj/simple/runscript.py`, `shared/model_setup.py`."""

    learning_rate: float = Field(default=1e-5, gt=0, le=1)  # jiant runscript.py
    batch_size: int = Field(default=4, gt=0)  # examples a device and step; jiant guides/projects/xstilts.md
    accumulation: int = Field(
        default=8, gt=0
    )  # 4 x 8 = 32 is XTREME's and jiant's batch (subscripts/d_write_configs.sh)
    epsilon: float = Field(default=1e-8, gt=0)  # jiant runscript.py, adam_epsilon
    weight_decay: float = Field(default=0.01, ge=0)  # jiant shared/model_setup.py; not on biases and layer norms
    warmup: float = Field(default=0.1, ge=0, lt=1)  # share of the steps; jiant configurator.py, warmup_steps_proportion
    max_grad_norm: float = Field(default=1.0, gt=0)  # jiant runscript.py
    schedule: Literal["linear", "constant", "cosine"] = "linear"  # jiant model_setup.py: warm up, then linear to 0
    dropout: float | None = Field(
        default=None, ge=0, lt=1, description="of all layers and heads; the model's own when left out"
    )

    @property
    def examples_a_step(self) -> int:
        """Examples of one optimiser step on one device."""
        return self.batch_size * self.accumulation


class Lora(Section):
    """Low-rank adapters (Hu et al. 2021). Defaults: PEFT's tutorials take rank 16 and alpha 32."""

    rank: int = Field(default=16, gt=0, le=4096)
    alpha: int = Field(default=32, gt=0)
    dropout: float = Field(default=0.05, ge=0, lt=1)
    targets: str = Field(
        "all-linear", description="PEFT's `target_modules`: all-linear, or names such as q_proj,v_proj"
    )


class Lengths(Section):
    """Tokens. Defaults: jiant, `c_tokenize_and_cache.sh` and `squad_style/core.py`; XTREME's scripts agree on SQuAD."""

    pair: int = Field(default=256, ge=16, description="most tokens of pairs, choices and tagged sentences")
    span: int = Field(default=384, ge=32, description="most tokens of a window of question and paragraph")
    stride: int = Field(default=128, ge=1, description="tokens by which the next window moves on")
    question: int = Field(default=64, ge=8, description="most tokens of a question")


class Parallel(Section):
    """How the work is shared out; accelerate starts the processes."""

    strategy: Literal["single", "ddp", "fsdp"] = "single"
    processes: int = Field(default=1, gt=0, description="over all machines; batch_size is for each of them")
    gradient_checkpointing: bool = False


class Upkeep(Section):
    """What a run writes while it goes on; none of it changes its result."""

    save_every: int = Field(default=500, gt=0, description="steps from checkpoint to checkpoint; the last two are kept")
    log_every: int = Field(default=10, gt=0, description="steps that a line of log.jsonl is the mean of")


class MaskedText(Section):
    """Text for the arm `english+mlm`."""

    folder: str = Field(description="folder with one LANG.txt a language, a passage a line")
    share: float = Field(default=0.2, gt=0, lt=1, description="share of all steps that are language modelling")
    probability: float = Field(
        default=0.15, gt=0, lt=1, description="share of pieces that are masked"
    )  # Devlin et al. 2019
    exponent: float = Field(
        default=0.3, ge=0, le=1, description="languages by size to this power"
    )  # XLM-R, section 3.1


NOT_OF_A_RUN = frozenset({"upkeep", "seeds", "arms"})
"""Keys that do not tell one run from another: how often is saved, and which other runs there are."""


class Recipe(Section):
    """A set of training runs: one for each arm and seed."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,95}$")
    model: Model
    style: Literal["heads", "text"] = Field(
        default="heads", description="heads on the backbone, or prompts and answers"
    )
    answers: Literal["example", "english"] = Field(
        default="example", description="style text: wording of prompts and answers"
    )
    tasks: Words = Field(default=("mnli",), min_length=1, description="one or several; several are trained together")
    arms: tuple[Arm, ...] = Field(default=(Arm(name="english"), Arm(name="multilingual")), min_length=1)
    corpora: Words = Field(default=(), description="manifests, or corpus folders with one")
    languages: Languages = Languages()
    matching: Matching = Matching()
    mixing: Mixing = Mixing()
    budget: Budget = Budget(epochs=2)  # jiant's XTREME settings take 2 for MNLI and SQuAD (xtreme.md)
    seeds: Numbers = Field((0, 1, 2), min_length=1, description="at least three: one shows no variance")
    optim: Optim = Optim()
    lora: Lora | None = None
    precision: Literal["fp32", "bf16", "fp16"] = "fp32"
    lengths: Lengths = Lengths()
    parallel: Parallel = Parallel()
    mlm: MaskedText | None = None
    freeze_embeddings: bool = Field(default=False, description="leave the input embeddings as they are")
    deterministic: bool = Field(
        default=False, description="only algorithms that give the same bits each time (slower on GPUs)"
    )
    upkeep: Upkeep = Upkeep()
    redraw: bool = Field(default=True, description="draw the languages anew in each epoch, else keep them")

    @field_validator("tasks")
    @classmethod
    def _known_tasks(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        from synth.tasks import TASKS, parse_tasks

        try:
            found = set(parse_tasks(",".join(names)))
        except UserError as error:
            raise ValueError(str(error)) from None
        return tuple(name for name in TASKS if name in found)  # the order in the file does not matter

    @field_validator("arms", mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        return [arm_of(one) for one in _split(value)] if isinstance(value, str | list | tuple) else value

    @field_validator("seeds")
    @classmethod
    def _different(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(seeds)) != len(seeds):
            raise ValueError("a seed is named twice: its run would be the same run")
        if any(not 0 <= seed < 2**32 for seed in seeds):
            raise ValueError("seeds are whole numbers from 0 to 4294967295 (NumPy's)")
        return seeds

    @model_validator(mode="after")
    def _fits(self) -> Self:
        problem = self._problem()
        if problem:
            raise ValueError(problem)
        return self

    def _problem(self) -> str:
        names = [arm.name for arm in self.arms]
        if len(set(names)) != len(names):
            return f"two arms have the same name ({', '.join(names)}); give mixtures names of their own"
        if any(arm.mlm for arm in self.arms) and self.mlm is None:
            return f"the arm {ArmName.ENGLISH_MLM} needs text: give `mlm.folder`"
        if "ccg" in self.tasks and any(arm.paraphrases for arm in self.arms):
            return (
                "ccg has no paraphrase arm (another sentence has other categories): leave ccg out of `tasks`, or the "
                "paraphrase arms out of `arms`"
            )
        if self.parallel.strategy == "single" and self.parallel.processes > 1:
            return f"parallel.strategy single has one process, not {self.parallel.processes}; take ddp or fsdp"
        return self._model_problem()

    def _model_problem(self) -> str:
        student = get_architecture(self.model.architecture)
        if self.style == "text" and student.role != "decoder":
            return f"style text needs a decoder, and {student.name} is an encoder; use style heads"
        longest = max(self.lengths.pair, self.lengths.span)
        if longest > student.positions:
            return f"lengths of {longest} tokens are more than the {student.positions} that {student.name} reads"
        if self.lengths.question + self.lengths.stride >= self.lengths.span:
            return "lengths.question and lengths.stride leave no room for the paragraph in lengths.span"
        return ""

    @property
    def global_batch(self) -> int:
        """Examples of one optimiser step over all processes."""
        return self.optim.examples_a_step * self.parallel.processes

    @property
    def hyper_parameters(self) -> dict[str, Any]:
        """What must be the same in all arms: everything but where the data come from and what the arms are."""
        left_out = {"name", "arms", "corpora", "seeds", "upkeep"}
        return self.model_dump(mode="json", exclude=left_out)

    def fingerprint_of(self, arm: str) -> str:
        """Identity of an arm's runs: all but what changes no result, and but the other arms and the seeds.

        More of them may thus be trained into the folder later. Other arms do change which examples all of them keep;
        that is told by the order hash of a run, not by its recipe.
        """
        own = [one.model_dump(mode="json") for one in self.arms if one.name == arm]
        return fingerprint({**self.model_dump(mode="json", exclude=set(NOT_OF_A_RUN)), "arm": own})
