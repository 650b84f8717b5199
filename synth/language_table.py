"""The facts about the 50 languages of XTREME-R, one line a language; `synth.languages` turns them into objects.

Order and membership: the XTREME-R paper (Ruder et al. 2021) and the language lists of its official code
(`evaluate.py`, `XTREME_R_TASK2LANGS`, google-research/xtreme at 838c13b). XTREME-R counts 14 families and two isolates.

Resource tier: the class 0 (left behind) to 5 (winner) of Joshi et al. 2020, "The State and Fate of Linguistic Diversity
and Inclusion in the NLP World", from the authors' list of 2,485 names (`lang2tax.txt`), read in a republication. The
list holds names, not codes. Four names needed a choice: "eastern punjabi" for pa, "haitian" for ht, "mandarin" for
zh, and the macro-languages "quechua" and "malay" for qu and ms. Classes are of 2020: az, gu, jv, ml, my and te are in
class 1, below wo, yo and ht in class 2, because the classes count labelled data sets and Wikipedia, not web text.

Pre-training coverage: XLM-R's list (fairseq `examples/xlmr`) lacks ht, qu, wo and yo; mT5's list lacks qu and wo.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class LanguageFacts(NamedTuple):
    """One line of the table. `scripts` are ISO 15924 codes separated by spaces, the main one first.

    `iso` holds ISO 639-3 codes separated by spaces: first the one that Tatoeba (and XTREME) uses, then the
    macro-language and the members that language identifiers and FLORES write for the same standard language.
    """

    code: str
    name: str
    endonym: str
    scripts: str
    family: str
    tier: int
    iso: str


_IE, _DRAVIDIAN, _TURKIC, _URALIC, _AUSTRONESIAN = "Indo-European", "Dravidian", "Turkic", "Uralic", "Austronesian"
_F = LanguageFacts

# az and kk: both scripts are in use and both occur in the test data. The Arabic script is left out on purpose: it
# writes South Azerbaijani (azb) and the Kazakh of China, which no test set of XTREME-R holds. Likewise ms is Rumi
# (not Jawi), pa Gurmukhi (not Shahmukhi) and jv Latin (not Javanese script).
FACTS: Final[tuple[LanguageFacts, ...]] = (
    _F("af", "Afrikaans", "Afrikaans", "Latn", _IE, 3, "afr"),
    _F("ar", "Arabic", "العربية", "Arab", "Afro-Asiatic", 5, "ara arb"),
    _F("az", "Azerbaijani", "azərbaycan dili", "Latn Cyrl", _TURKIC, 1, "aze azj"),
    _F("bg", "Bulgarian", "български", "Cyrl", _IE, 3, "bul"),
    _F("bn", "Bengali", "বাংলা", "Beng", _IE, 3, "ben"),
    _F("de", "German", "Deutsch", "Latn", _IE, 5, "deu"),
    _F("el", "Greek", "Ελληνικά", "Grek", _IE, 3, "ell"),
    _F("en", "English", "English", "Latn", _IE, 5, "eng"),
    _F("es", "Spanish", "español", "Latn", _IE, 5, "spa"),
    _F("et", "Estonian", "eesti", "Latn", _URALIC, 3, "est ekk"),
    _F("eu", "Basque", "euskara", "Latn", "isolate (Basque)", 4, "eus"),
    _F("fa", "Persian", "فارسی", "Arab", _IE, 4, "pes fas"),
    _F("fi", "Finnish", "suomi", "Latn", _URALIC, 4, "fin"),
    _F("fr", "French", "français", "Latn", _IE, 5, "fra"),
    _F("gu", "Gujarati", "ગુજરાતી", "Gujr", _IE, 1, "guj"),
    _F("he", "Hebrew", "עברית", "Hebr", "Afro-Asiatic", 3, "heb"),
    _F("hi", "Hindi", "हिन्दी", "Deva", _IE, 4, "hin"),
    _F("ht", "Haitian Creole", "kreyòl ayisyen", "Latn", "Creole", 2, "hat"),
    _F("hu", "Hungarian", "magyar", "Latn", _URALIC, 4, "hun"),
    _F("id", "Indonesian", "bahasa Indonesia", "Latn", _AUSTRONESIAN, 3, "ind"),
    _F("it", "Italian", "italiano", "Latn", _IE, 4, "ita"),
    _F("ja", "Japanese", "日本語", "Jpan", "Japonic", 5, "jpn"),
    _F("jv", "Javanese", "basa Jawa", "Latn", _AUSTRONESIAN, 1, "jav"),
    _F("ka", "Georgian", "ქართული", "Geor", "Kartvelian", 3, "kat"),
    _F("kk", "Kazakh", "қазақ тілі", "Cyrl Latn", _TURKIC, 3, "kaz"),
    _F("ko", "Korean", "한국어", "Hang", "isolate (Korean)", 4, "kor"),
    _F("lt", "Lithuanian", "lietuvių", "Latn", _IE, 3, "lit"),
    _F("ml", "Malayalam", "മലയാളം", "Mlym", _DRAVIDIAN, 1, "mal"),
    _F("mr", "Marathi", "मराठी", "Deva", _IE, 2, "mar"),
    _F("ms", "Malay", "bahasa Melayu", "Latn", _AUSTRONESIAN, 3, "zsm msa"),
    _F("my", "Burmese", "မြန်မာဘာသာ", "Mymr", "Sino-Tibetan", 1, "mya"),
    _F("nl", "Dutch", "Nederlands", "Latn", _IE, 4, "nld"),
    _F("pa", "Punjabi", "ਪੰਜਾਬੀ", "Guru", _IE, 2, "pan"),
    _F("pl", "Polish", "polski", "Latn", _IE, 4, "pol"),
    _F("pt", "Portuguese", "português", "Latn", _IE, 4, "por"),
    # Southern Quechua: Ayacucho, Cuzco, Eastern Apurimac (XCOPA's), South and North Bolivian, Puno.
    _F("qu", "Quechua", "runasimi", "Latn", "Quechuan", 1, "que quy quz qve quh qul qxp"),
    _F("ro", "Romanian", "română", "Latn", _IE, 3, "ron"),
    _F("ru", "Russian", "русский", "Cyrl", _IE, 4, "rus"),
    _F("sw", "Swahili", "Kiswahili", "Latn", "Niger-Congo", 2, "swh swa"),
    _F("ta", "Tamil", "தமிழ்", "Taml", _DRAVIDIAN, 3, "tam"),
    _F("te", "Telugu", "తెలుగు", "Telu", _DRAVIDIAN, 1, "tel"),
    _F("th", "Thai", "ไทย", "Thai", "Kra-Dai", 3, "tha"),
    _F("tl", "Tagalog", "Tagalog", "Latn", _AUSTRONESIAN, 3, "tgl fil"),
    _F("tr", "Turkish", "Türkçe", "Latn", _TURKIC, 4, "tur"),
    _F("uk", "Ukrainian", "українська", "Cyrl", _IE, 3, "ukr"),
    _F("ur", "Urdu", "اردو", "Arab", _IE, 3, "urd"),
    _F("vi", "Vietnamese", "Tiếng Việt", "Latn", "Austro-Asiatic", 4, "vie"),
    _F("wo", "Wolof", "Wolof", "Latn", "Niger-Congo", 2, "wol"),
    _F("yo", "Yoruba", "Yorùbá", "Latn", "Niger-Congo", 2, "yor"),
    _F("zh", "Chinese", "中文", "Hani", "Sino-Tibetan", 5, "cmn zho"),
)

RIGHT_TO_LEFT: Final = frozenset({"ar", "fa", "he", "ur"})

# Words are not separated by spaces. Burmese does write spaces, but between phrases; Vietnamese writes them between
# syllables and Korean between phrases of a word and its particles: for those two, counting by spaces works.
UNSPACED: Final = frozenset({"ja", "my", "th", "zh"})

NOT_IN_XLMR: Final = frozenset({"ht", "qu", "wo", "yo"})
NOT_IN_MT5: Final = frozenset({"qu", "wo"})

# FLORES-200 (as NLLB writes it) where that is not the first code of `iso` with the first script.
FLORES: Final[dict[str, str]] = {
    "ar": "arb_Arab",
    "az": "azj_Latn",
    "qu": "quy_Latn",
    "zh": "zho_Hans zho_Hant",
}

# Detector labels that are not simply our code; "" where the detector has no such language. Checked against the label
# lists of pycld2 0.42, fastText's lid.176 (176 labels) and langdetect 1.0.9 (55 profiles).
CLD2: Final[dict[str, str]] = {"he": "iw", "jv": "jw", "zh": "zh zh-Hant"}
FASTTEXT: Final[dict[str, str]] = {"wo": ""}
LANGDETECT: Final[dict[str, str]] = {
    "zh": "zh-cn zh-tw",
    **dict.fromkeys(("az", "eu", "ht", "jv", "ka", "kk", "ms", "my", "qu", "wo", "yo"), ""),
}

# The test languages of each task, named as in the official code, plus PAWS-X and BUCC 2018 of XTREME version 1.
_V1_TATOEBA = (
    "af ar bg bn de el es et eu fa fi fr he hi hu id it ja jv ka kk ko ml mr nl pt ru sw ta te th tl tr ur vi zh"
)
_V1_UDPOS = "af ar bg de el en es et eu fa fi fr he hi hu id it ja kk ko mr nl pt ru ta te th tl tr ur vi yo zh"
TASK_LANGUAGES: Final[dict[str, str]] = {
    "xnli": "ar bg de el en es fr hi ru sw th tr ur vi zh",
    "xcopa": "et ht id it qu sw ta th tr vi zh",
    "udpos": _V1_UDPOS + " lt pl uk wo ro",
    "panx": " ".join(facts.code for facts in FACTS if facts.code not in {"ht", "wo"}),
    "xquad": "en es de el ru tr ar vi th zh hi ro",
    "mlqa": "en es de ar hi vi zh",
    "tydiqa": "en ar bn fi id ko ru sw te",
    "tatoeba": _V1_TATOEBA + " az lt pl uk ro",
    "mewslix": "ar de en es fa ja pl ro ta tr uk",
    "lareqa": "ar de el en es hi ru th tr vi zh",
    "pawsx": "de en es fr ja ko zh",
    "bucc2018": "de fr ru zh",
}

# Other names under which users know a language; keys in lower case.
ALIASES: Final[dict[str, str]] = {
    "iw": "he",
    "jw": "jv",
    "in": "id",
    "fil": "tl",
    "zh-cn": "zh",
    "zh-hans": "zh",
    "zh_cn": "zh",
    "pt-br": "pt",
    "pt-pt": "pt",
    "mo": "ro",
}
