"""Tiny tokenizers of the kinds that students have, trained on a few sentences of many scripts."""

from __future__ import annotations

from functools import cache
from typing import Any

WORDS = {
    "en": ["the", "library", "stands", "near", "the", "old", "harbour", "and", "opens", "at", "nine", "on", "Monday"],
    "tr": ["kütüphane", "eski", "limanın", "yanında", "duruyor", "ve", "pazartesi", "dokuzda", "açılıyor"],
    "vi": ["thư", "viện", "nằm", "gần", "bến", "cảng", "cũ", "và", "mở", "cửa", "lúc", "chín", "giờ"],
    "ru": ["библиотека", "стоит", "возле", "старой", "гавани", "и", "открывается", "в", "девять"],
    "el": ["η", "βιβλιοθήκη", "βρίσκεται", "κοντά", "στο", "παλιό", "λιμάνι", "και", "ανοίγει"],
    "ar": ["تقع", "المكتبة", "بالقرب", "من", "الميناء", "القديم", "وتفتح", "في", "التاسعة"],
    "he": ["הספרייה", "עומדת", "ליד", "הנמל", "הישן", "ונפתחת", "בתשע"],
    "hi": ["पुस्तकालय", "पुराने", "बंदरगाह", "के", "पास", "है", "और", "नौ", "बजे", "खुलता", "है"],
    "ta": ["நூலகம்", "பழைய", "துறைமுகத்தின்", "அருகில்", "உள்ளது"],
    "ko": ["도서관은", "오래된", "항구", "근처에", "있고", "아홉", "시에", "연다"],
    "ka": ["ბიბლიოთეკა", "ძველ", "ნავსადგურთან", "დგას"],
    "zh": list("图书馆在旧港口附近早上九点开门"),
    "ja": list("図書館は古い港の近くにあります"),
    "th": ["ห้องสมุด", "อยู่", "ใกล้", "ท่าเรือ", "เก่า"],
    "my": ["စာကြည့်တိုက်", "သည်", "ဆိပ်ကမ်း", "အနီး", "တွင်", "ရှိ", "သည်"],
}
UNSPACED = {"zh", "ja", "th", "my"}
KINDS = ("unigram", "bytes", "wordpiece", "gemma")


def sentence(lang: str, words: list[str]) -> str:
    """The words as running text of the language."""
    return ("" if lang in UNSPACED else " ").join(words)


@cache
def tokenizer(kind: str) -> Any:
    """One of: XLM-R's kind (unigram), Llama's and Qwen's (bytes), BERT's (wordpiece), Gemma's (blank as a letter)."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

    text = [sentence(lang, words) for lang, words in WORDS.items()] * 3
    if kind == "unigram":
        made = Tokenizer(models.Unigram())
        made.normalizer = normalizers.NFKC()
        made.pre_tokenizer = pre_tokenizers.Metaspace()
        special = ["<s>", "<pad>", "</s>", "<unk>"]
        trainer: Any = trainers.UnigramTrainer(
            vocab_size=400, special_tokens=special, unk_token="<unk>", show_progress=False
        )
    elif kind == "bytes":
        made = Tokenizer(models.BPE())
        made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        made.decoder = decoders.ByteLevel()
        letters = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(
            vocab_size=500, special_tokens=["<bos>", "<eos>"], initial_alphabet=letters, show_progress=False
        )
    elif kind == "wordpiece":
        made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        made.normalizer = normalizers.BertNormalizer(lowercase=False)
        made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        trainer = trainers.WordPieceTrainer(
            vocab_size=400, special_tokens=["[UNK]", "[CLS]", "[SEP]", "[PAD]"], show_progress=False
        )
    else:
        made = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True))
        made.normalizer = normalizers.Replace(" ", "▁")
        made.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
        trainer = trainers.BpeTrainer(
            vocab_size=500, special_tokens=["<pad>", "<eos>", "<bos>", "<unk>"], show_progress=False
        )
    made.train_from_iterator(text, trainer)
    made.post_processor = _template(made, kind, processors)
    return made


def _template(made: Any, kind: str, processors: Any) -> Any:
    shapes = {
        "unigram": ("<s> $A </s>", "<s> $A </s> </s> $B </s>", ("<s>", "</s>")),
        "bytes": ("<bos> $A", "<bos> $A <bos>:1 $B:1", ("<bos>",)),
        "wordpiece": ("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", ("[CLS]", "[SEP]")),
        "gemma": ("<bos> $A", "<bos> $A <bos>:1 $B:1", ("<bos>",)),
    }
    single, pair, names = shapes[kind]
    special = [(name, made.token_to_id(name)) for name in names]
    return processors.TemplateProcessing(single=single, pair=pair, special_tokens=special)
