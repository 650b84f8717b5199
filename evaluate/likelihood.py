"""Text-to-text models: the likelihood of each label or choice, and spans that the model writes. Imports torch.

A model of style *text* (or any causal language model with `--set style=text`) is asked in the wording that it was
trained with. By default it is first trained on the target's English set as text, with the same settings as heads are;
`text.train: false` asks the intermediate model as it is. Tags have no useful form as text (a thousand words, each with
its tag, that must come out in step): UD-POS and NER are predicted by a head on the same backbone, which is trained, and
refused where nothing may be trained.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import torch

from synth.corpus.files import fingerprint
from synth.errors import BadFlag
from synth.evaluate.data.base import EvalSet
from synth.evaluate.embed import batches
from synth.evaluate.english import STAGES, Stage, english_score, english_sets
from synth.evaluate.generation import write_answers
from synth.evaluate.progress import Progress
from synth.evaluate.prompts import Asked, answer_in, asked
from synth.evaluate.settings import Text
from synth.evaluate.stage import Predicted, Predictor, RunContext, TaskData
from synth.evaluate.target import Training, trained
from synth.evaluate.target_steps import TargetSteps
from synth.evaluate.tasks.base import EvalTask, Form
from synth.evaluate.tasks.items import Item
from synth.train.encode.features import Feature
from synth.train.encode.pieces import Cutter
from synth.train.encode.text import Prompt, encode_text
from synth.train.labelled import only_labelled
from synth.train.steps import HeadKind, HeadSpec
from synth.train.student import load_student

if TYPE_CHECKING:
    from synth.train.student import Student


@dataclass(frozen=True, slots=True)
class TextPredictor:
    """A causal language model that is asked.

    Args:
        task: The task.
        student: Loaded with its language model.
        text: How it is asked; the wording is decided.
        tokens: Padded pieces of a batch.
        precision: `fp32` or `bf16`.
        record: What `run.json` keeps.
    """

    task: EvalTask
    student: Student
    text: Text
    tokens: int
    precision: str
    record: Mapping[str, Any]

    def predict(self, data: EvalSet) -> Predicted:
        """Labels and choices with the log likelihood of each; answers of spans without numbers."""
        progress = Progress(f"{data.task} {data.lang}", len(data.items))
        items = [asked(self.task, item, self.wording) for item in data.items]
        found = self._spans(items, progress) if self.task.form is Form.SPAN else self._options(items, progress)
        progress.end()
        return found

    @property
    def wording(self) -> Any:
        """`example` or `english`."""
        return self.text.answers

    def _spans(self, items: Sequence[Asked], progress: Progress) -> Predicted:
        prompts = [self._prompt(one.prompt, self.text.written) for one in items]
        with _cast(self.student, self.precision):
            written = write_answers(prompts, self.student, self.text.written, self.tokens, progress.add)
        return Predicted([(answer_in(one, self.wording),) for one in written], [()] * len(items))

    def _options(self, items: Sequence[Asked], progress: Progress) -> Predicted:
        cutter = self._cutter
        options = [[cutter.cut(answer).ids for answer in one.answers] for one in items]
        prompts = [self._prompt(one.prompt, max(map(len, own))) for one, own in zip(items, options, strict=True)]
        with _cast(self.student, self.precision):
            scores = option_scores(prompts, options, self.student, self.tokens, progress.add)
        if self.text.normalise == "pieces":
            scores = [
                [score / len(option) for score, option in zip(one, own, strict=True)]
                for one, own in zip(scores, options, strict=True)
            ]
        best = [max(range(len(one)), key=one.__getitem__) for one in scores]
        # Social IQa, XCOPA's first training, has three choices.
        names = [self.task.labels[at] if self.task.form is Form.PAIR else str(at) for at in best]
        return Predicted([(name,) for name in names], scores)

    @property
    def _cutter(self) -> Cutter:
        return Cutter(self.student.tokenizer, decoder=True)

    def _prompt(self, prompt: str, answer: int) -> list[int]:
        """A prompt in pieces; what does not fit is cut off its beginning, as in training."""
        cutter = self._cutter
        before = cutter.template.single_before
        pieces = cutter.cut(prompt)
        room = self.text.length - len(before) - 1 - answer
        return [*before, *pieces.cut(max(0, len(pieces) - room), len(pieces)).ids]


def option_scores(
    prompts: Sequence[Sequence[int]],
    options: Sequence[Sequence[Sequence[int]]],
    student: Student,
    tokens: int,
    done: Callable[[float], None] = lambda _items: None,
) -> list[list[float]]:
    """The log likelihood of each option behind its prompt: the sum over its pieces.

    Options that differ in their last piece only, as letters do, are read off one input: a prompt is run once for them.

    Args:
        prompts: In pieces.
        options: Of each prompt, in pieces, one at least.
        student: Loaded with its language model.
        tokens: Padded pieces of a batch.
        done: Told after each batch how many prompts it was worth.
    """
    # An input is a prompt with all pieces of an option but the last, which is only predicted.
    inputs = [(at, start) for at, own in enumerate(options) for start in dict.fromkeys(tuple(one[:-1]) for one in own)]
    worth = [1 / len({tuple(one[:-1]) for one in own}) for own in options]
    found: list[dict[tuple[int, ...], float]] = [{} for _ in prompts]
    student.language_model.eval()  # type: ignore[union-attr]
    for chosen in batches([len(prompts[at]) + len(start) for at, start in inputs], tokens):
        rows = [inputs[place] for place in chosen]
        for (at, start), chances in zip(rows, _chances(rows, prompts, student), strict=True):
            for option in (tuple(one) for one in options[at] if tuple(one[:-1]) == start):
                found[at][option] = float(sum(chances[place, piece] for place, piece in enumerate(option)))
        done(sum(worth[at] for at, _ in rows))
    return [[found[at][tuple(one)] for one in own] for at, own in enumerate(options)]


def _chances(
    rows: Sequence[tuple[int, tuple[int, ...]]], prompts: Sequence[Sequence[int]], student: Student
) -> list[torch.Tensor]:
    """Of each input the log probabilities of all pieces at the places of an option's pieces, [places, vocabulary]."""
    model: Any = student.language_model
    device, pad = next(model.parameters()).device, int(student.tokenizer.pad_token_id)
    texts = [[*prompts[at], *start] for at, start in rows]
    longest = max(map(len, texts))
    ids = torch.tensor([[*one, *[pad] * (longest - len(one))] for one in texts], device=device)
    places = torch.arange(longest, device=device)[None]
    ends = torch.tensor([len(one) for one in texts], device=device)[:, None]
    begins = torch.tensor([len(prompts[at]) - 1 for at, _ in rows], device=device)[:, None]
    wanted = (places >= begins) & (places < ends)
    inputs = {"input_ids": ids, "attention_mask": (places < ends).long()}
    with torch.inference_mode(), only_labelled(model, wanted):
        scores = model(**inputs).logits.float().log_softmax(dim=-1)
    return list(scores.split([len(start) + 1 for _, start in rows]))


def _cast(student: Student, precision: str) -> Any:
    device = next(student.backbone.parameters()).device.type
    return nullcontext() if precision == "fp32" else torch.autocast(device, dtype=torch.bfloat16)


def text_predictor(task: EvalTask, data: TaskData, context: RunContext) -> Predictor:
    """The predictor of a task as text, after its trainings.

    Raises:
        BadFlag: The model is no causal language model, or nothing may be trained and the task needs a head.
        SynthError: As `synth.evaluate.target.trained`.
    """
    text = context.settings.text
    if task.form is Form.TAGS:
        return _by_head(task, data, context)
    place = context.student
    student = load_student(
        place.place, architecture=place.architecture, revision=place.revision, dropout=context.settings.dropout,
        language_model=True,
    )  # fmt: skip
    if not student.decoder:
        raise BadFlag(f"{student.place} is an encoder and cannot be asked as text; leave --set style=text out")
    student.language_model.to(context.device)  # type: ignore[union-attr]
    predictor = TextPredictor(task, student, text, context.tokens, context.precision, {})
    records = [_train(predictor, stage, context) for stage in STAGES[task.name]] if text.train else []
    student.language_model.to(context.device).eval()  # type: ignore[union-attr]
    record = {"style": "text", "answers": text.answers, "normalise": text.normalise, "target": records}
    return TextPredictor(task, student, text, predictor.tokens, predictor.precision, record)


def _by_head(task: EvalTask, data: TaskData, context: RunContext) -> Predictor:
    if not context.settings.text.train:
        raise BadFlag(
            f"{task.name} cannot be asked as text: a head is trained for it, and text.train is false; leave it out "
            "with --tasks, or set text.train=true"
        )
    from synth.evaluate.heads import head_predictor

    return head_predictor(task, data, context)


def _train(predictor: TextPredictor, stage: Stage, context: RunContext) -> dict[str, Any]:
    """Train the model on the English set of a stage, as text; returns the record."""
    from synth.train.text_model import TextModel

    settings = context.settings.targets[stage.target]
    sets = english_sets(context.source, stage, settings, context.seed)
    encode = item_text(predictor)
    spec, batch, items = HeadSpec(HeadKind.TEXT), settings.optim.examples_a_step, sets.train.items
    training = Training(
        stage.target,
        settings,
        fingerprint(
            ["text", predictor.text.model_dump(mode="json"), sets.train.origin, [one.item_id for one in items]]
        ),
        sets.train.origin,
        lambda: TargetSteps(items, encode, spec, batch, settings.epochs, context.seed),
        partial(_dev_score, predictor, sets.dev) if sets.dev else None,
    )
    return trained(TextModel(predictor.student), training, context)


def _dev_score(predictor: TextPredictor, dev: EvalSet, _model: Any) -> float:
    return english_score(dev, predictor.predict(dev))  # the model is the predictor's own, trained in place


def item_text(predictor: TextPredictor) -> Callable[[Item], tuple[Feature, ...]]:
    """What makes the one model input of an item: its prompt and its answer, with labels on the answer."""
    tokenizer = predictor.student.tokenizer
    cutter = Cutter(tokenizer, decoder=True)

    def encode(item: Item) -> tuple[Feature, ...]:
        one = asked(predictor.task, item, predictor.wording)
        row = {"synth_id": item.item_id}
        text = Prompt(one.prompt, one.right)
        return encode_text(row, text, cutter, predictor.text.length, int(tokenizer.eos_token_id)).features

    return encode
