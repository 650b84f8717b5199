"""Training on a GPU: tokens a second and the share of the card's peak (MFU), with random weights.

    python bench/train_gpu.py [--model xlmr-large|llama3.2-1b] [--batch 16] [--length 256] [--steps 60] [--peak 989]

Builds the architecture on the card with random weights (no network), trains it in bf16 on random pieces through
`synth.train.fit` (encoders: classes of pairs; decoders: prompts and answers), all inputs of one length, so that
nothing is padded. The first third of the steps warms up and is not counted: two runs of different lengths, and the
difference between them is what is measured.

FLOPs a token: 6 for each weight but the input embeddings, and 12 x layers x width x length for attention (Chowdhery et
al. 2022, appendix B; halved for decoders, which look back only). Peaks are dense bf16 figures of the makers' sheets.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from synth.train.architectures import Role, build_config, get_architecture
from synth.train.encode.features import IGNORED, Feature
from synth.train.encode.pieces import Sequence2
from synth.train.fit import FitSettings, fit
from synth.train.recipe import Optim, Parallel
from synth.train.steps import HeadKind, HeadSpec, Step

PEAKS = {  # TFLOP/s, bf16 without sparsity
    "H100 PCIe": 756, "H100": 989, "H200": 989, "A100": 312, "L40S": 362, "L4": 121, "A10": 125, "RTX 4090": 165,
}  # fmt: skip
ANSWER = 3  # labelled pieces of a prompt with its answer


@dataclass(frozen=True)
class RandomSteps:
    """Steps of random pieces, all of one length."""

    decoder: bool
    vocabulary: int
    batch: int
    length: int
    count: int

    @property
    def heads(self) -> Mapping[str, HeadSpec]:
        """One head."""
        return {"mnli": HeadSpec(HeadKind.TEXT) if self.decoder else HeadSpec(HeadKind.CLASS, 3)}

    def step(self, number: int) -> Step:
        """The step of this number."""
        luck = random.Random(number)
        return Step("mnli", tuple(self._feature(luck, index) for index in range(self.batch)))

    def _feature(self, luck: random.Random, index: int) -> Feature:
        ids = tuple(luck.randrange(10, self.vocabulary) for _ in range(self.length))
        answer = [IGNORED] * (self.length - ANSWER) + list(ids[-ANSWER:])
        labels = {"labels": answer if self.decoder else luck.randrange(3)}
        return Feature(str(index), (Sequence2(ids, (0,) * self.length, self.length),), labels)


def model_of(name: str, toy: bool) -> Any:
    """The architecture with random weights: with a head, or as text."""
    import torch
    from transformers import AutoModel, AutoModelForCausalLM

    from synth.train.heads import MultiHead
    from synth.train.student import Student
    from synth.train.text_model import TextModel

    config, decoder = build_config(name, toy), get_architecture(name).role is Role.DECODER
    with torch.device("cpu" if toy else "cuda"):
        model = (AutoModelForCausalLM if decoder else AutoModel).from_config(config, dtype=torch.float32)
    if decoder:
        return TextModel(Student(bare_tokenizer(), model.base_model, True, "random weights", model))
    return MultiHead(model, RandomSteps(False, config.vocab_size, 1, 8, 1).heads, False)


def bare_tokenizer() -> Any:
    """TRL asks for one; nothing is encoded with it."""
    from tokenizers import Tokenizer, models
    from transformers import PreTrainedTokenizerFast

    inner = Tokenizer(models.WordLevel({"<pad>": 0, "<eos>": 1}, unk_token="<pad>"))
    return PreTrainedTokenizerFast(tokenizer_object=inner, pad_token="<pad>", eos_token="<eos>")


def flops_a_token(config: Any, model: Any, decoder: bool, length: int) -> float:
    """Forward and backward, of one token in an input of this length."""
    backbone = model.backbone.base_model if decoder else model.backbone
    embeddings = backbone.get_input_embeddings().weight.numel()
    weights = sum(weight.numel() for weight in backbone.parameters()) - embeddings
    attention = 12 * config.num_hidden_layers * config.hidden_size * length
    return float(6 * weights + (attention / 2 if decoder else attention))


def seconds(args: argparse.Namespace, steps: int) -> tuple[float, float]:
    """Of a run of so many steps, and FLOPs of a token."""
    config, decoder = build_config(args.model, args.toy), get_architecture(args.model).role is Role.DECODER
    model = model_of(args.model, args.toy)
    data = RandomSteps(decoder, config.vocab_size, args.batch, args.length, steps)
    parallel = Parallel(gradient_checkpointing=args.gradient_checkpointing)
    optim = Optim(batch_size=args.batch, accumulation=1)
    settings = FitSettings(optim, 0, "bf16", save_every=0, log_every=steps, parallel=parallel)
    with tempfile.TemporaryDirectory() as folder:
        found = fit(model, data, settings, Path(folder))
    return found.seconds, flops_a_token(config, model, decoder, args.length)


def peak_of(card: str) -> float | None:
    """TFLOP/s of a card, by its name."""
    return next((value for name, value in PEAKS.items() if name in card), None)


def main() -> None:
    """Measure one model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="xlmr-large", choices=["xlmr-large", "llama3.2-1b"])
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--length", type=int, default=256)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--peak", type=float, help="TFLOP/s of the card in bf16, where it is not a known one")
    parser.add_argument("--gradient-checkpointing", action="store_true")
    parser.add_argument(
        "--toy", action="store_true", help="try the script at toy size on a CPU; its numbers mean nothing"
    )
    args = parser.parse_args()
    import torch

    if not (torch.cuda.is_available() or args.toy):
        sys.exit("no GPU is at hand: this measures one; run it where `nvidia-smi` lists a card")
    card = "a toy" if args.toy else torch.cuda.get_device_name(0)
    few, many = args.steps // 3, args.steps
    short, _ = seconds(args, few)
    whole, flops = seconds(args, many)
    rate = (many - few) * args.batch * args.length / (whole - short)
    peak = args.peak or peak_of(card)
    share = f", {rate * flops / peak / 1e12:.0%} of {peak:.0f} TFLOP/s" if peak else " (give --peak for the share)"
    print(f"{args.model} on {card}, batch {args.batch} x {args.length}: {rate:,.0f} tokens/s{share}")


if __name__ == "__main__":
    main()
