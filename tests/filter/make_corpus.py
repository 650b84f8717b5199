"""A small corpus of our own sentences, written as `synth generate` writes one, with faults planted on request."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, permutations
from pathlib import Path
from typing import Any

from synth.corpus.ids import RowId
from synth.corpus.layout import Layout, Part
from synth.corpus.markers import make_marker, write_marker
from synth.corpus.rows import Provenance, record, write_rows
from synth.outcomes import KEPT, Failure, Kind, Verdict, failed
from synth.tasks import get_task

# Line n of every language says the same.
SENTENCES: Mapping[str, tuple[str, ...]] = {
    "en": (
        "The old fisherman repairs his nets before the sun comes up.",
        "My sister bought 24 oranges and a melon at the market.",
        "Nobody answered the telephone when the doctor called.",
        "The bridge over the river was closed in 1987.",
        "Children are playing football behind the school.",
        "It rained so hard that the road to the village disappeared.",
        "The teacher reads a long story to her pupils every Friday.",
        "A small dog was sleeping under the kitchen table.",
        "The train to the coast leaves at 17:45 from the new station.",
        "He forgot his umbrella in the library again.",
        "The farmers sold 350 bags of rice last month.",
        "We drank hot tea and waited for the snow to stop.",
    ),
    "es": (
        "El viejo pescador repara sus redes antes de que salga el sol.",
        "Mi hermana compró 24 naranjas y un melón en el mercado.",
        "Nadie contestó el teléfono cuando llamó el médico.",
        "El puente sobre el río fue cerrado en 1987.",
        "Los niños juegan al fútbol detrás de la escuela.",
        "Llovió tan fuerte que desapareció el camino al pueblo.",
        "La maestra lee un cuento largo a sus alumnos todos los viernes.",
        "Un perro pequeño dormía debajo de la mesa de la cocina.",
        "El tren a la costa sale a las 17:45 de la estación nueva.",
        "Volvió a olvidar su paraguas en la biblioteca.",
        "Los agricultores vendieron 350 sacos de arroz el mes pasado.",
        "Bebimos té caliente y esperamos a que dejara de nevar.",
    ),
    "sw": (
        "Mvuvi mzee hutengeneza nyavu zake kabla ya jua kuchomoza.",
        "Dada yangu alinunua machungwa 24 na tikiti moja sokoni.",
        "Hakuna aliyejibu simu wakati daktari alipopiga.",
        "Daraja lililo juu ya mto lilifungwa mwaka 1987.",
        "Watoto wanacheza mpira wa miguu nyuma ya shule.",
        "Mvua ilinyesha kubwa sana hadi barabara ya kijijini ikatoweka.",
        "Mwalimu huwasomea wanafunzi wake hadithi ndefu kila Ijumaa.",
        "Mbwa mdogo alikuwa amelala chini ya meza ya jikoni.",
        "Treni ya kwenda pwani huondoka saa 17:45 kutoka kituo kipya.",
        "Alisahau mwavuli wake maktabani tena.",
        "Wakulima waliuza magunia 350 ya mchele mwezi uliopita.",
        "Tulikunywa chai ya moto na kusubiri theluji ikome.",
    ),
    "ar": (
        "يصلح الصياد العجوز شباكه قبل أن تشرق الشمس.",
        "اشترت أختي ٢٤ برتقالة وبطيخة من السوق.",
        "لم يجب أحد على الهاتف عندما اتصل الطبيب.",
        "أُغلق الجسر فوق النهر في عام ١٩٨٧.",
        "يلعب الأطفال كرة القدم خلف المدرسة.",
        "هطل المطر بغزارة حتى اختفى الطريق إلى القرية.",
        "تقرأ المعلمة قصة طويلة لتلاميذها كل يوم جمعة.",
        "كان كلب صغير ينام تحت طاولة المطبخ.",
        "يغادر القطار إلى الساحل الساعة 17:45 من المحطة الجديدة.",
        "نسي مظلته في المكتبة مرة أخرى.",
        "باع المزارعون ٣٥٠ كيسا من الأرز في الشهر الماضي.",
        "شربنا الشاي الساخن وانتظرنا أن يتوقف الثلج.",
    ),
    "th": (
        "ชาวประมงแก่ซ่อมอวนของเขาก่อนพระอาทิตย์ขึ้น",
        "น้องสาวของฉันซื้อส้ม 24 ลูกและแตงหนึ่งลูกที่ตลาด",
        "ไม่มีใครรับโทรศัพท์ตอนที่หมอโทรมา",
        "สะพานข้ามแม่น้ำถูกปิดในปี 1987",
        "เด็กๆ กำลังเล่นฟุตบอลอยู่หลังโรงเรียน",
        "ฝนตกหนักมากจนถนนไปหมู่บ้านหายไป",
        "ครูอ่านนิทานยาวให้นักเรียนฟังทุกวันศุกร์",
        "หมาตัวเล็กกำลังนอนอยู่ใต้โต๊ะในครัว",
        "รถไฟไปชายทะเลออกเวลา 17:45 จากสถานีใหม่",
        "เขาลืมร่มไว้ที่ห้องสมุดอีกแล้ว",
        "ชาวนาขายข้าวได้ 350 กระสอบเมื่อเดือนที่แล้ว",
        "พวกเราดื่มชาร้อนและรอให้หิมะหยุดตก",
    ),
    "zh": (
        "老渔夫在太阳升起之前修补渔网。",
        "我妹妹在市场上买了24个橙子和一个甜瓜。",
        "医生打来电话的时候没有人接。",
        "河上的那座桥在1987年关闭了。",
        "孩子们正在学校后面踢足球。",
        "雨下得太大了，通往村子的路都看不见了。",
        "老师每个星期五都给学生读一个很长的故事。",
        "一只小狗正睡在厨房的桌子下面。",
        "去海边的火车17:45从新车站出发。",
        "他又把雨伞忘在图书馆里了。",
        "农民们上个月卖了350袋大米。",
        "我们喝着热茶，等着雪停下来。",
    ),
}
# The five same animals in every language, as choices; the question stands before them.
WORDS: Mapping[str, tuple[str, ...]] = {
    "en": ("dog", "horse", "fish", "bird", "cow"),
    "es": ("perro", "caballo", "pez", "pájaro", "vaca"),
    "sw": ("mbwa", "farasi", "samaki", "ndege", "ng'ombe"),
    "ar": ("كلب", "حصان", "سمكة", "طائر", "بقرة"),
    "th": ("หมา", "ม้า", "ปลา", "นก", "วัว"),
    "zh": ("狗", "马", "鱼", "鸟", "牛"),
}
Edit = Callable[[dict[str, Any]], dict[str, Any]]
Place = tuple[str, str, int]  # task, language, number of the row


@dataclass(frozen=True, slots=True)
class Plan:
    """What to write.

    Args:
        langs: Target languages.
        rows: Rows a task and language.
        part_rows: Rows a part.
        tasks: Of mnli, squad_v1 and commonsense_qa.
        faults: What is done to a row before it is written.
        failures: Rows that generation failed to make.
        paraphrases: Also write a paraphrase of every row: its sentences in another order.
    """

    langs: tuple[str, ...] = ("es", "sw")
    rows: int = 12
    part_rows: int = 8
    tasks: tuple[str, ...] = ("mnli",)
    faults: Mapping[Place, Edit] = field(default_factory=dict)
    failures: Mapping[Place, Failure] = field(default_factory=dict)
    paraphrases: bool = False


def make_corpus(root: Path, plan: Plan) -> Path:
    """Write the corpus; returns its folder."""
    for task in plan.tasks:
        for lang in ("en", *plan.langs):
            kind = Kind.SOURCE if lang == "en" else Kind.TRANSLATION
            write_language(root, plan, task, lang, kind)
            if plan.paraphrases:
                write_language(root, plan, task, lang, Kind.PARAPHRASE)
    return root


def write_language(root: Path, plan: Plan, task: str, lang: str, kind: Kind) -> None:
    """Write all parts of one task, language and kind."""
    numbers = islice(permutations(range(len(SENTENCES["en"])), 3), plan.rows)
    rows = [_row(plan, task, lang, kind, number, places) for number, places in enumerate(numbers)]
    for number, start in enumerate(range(0, max(len(rows), 1), plan.part_rows)):
        write_one(root, Part(task, lang, kind, number), rows[start : start + plan.part_rows])


def write_one(root: Path, part: Part, rows: Sequence[Mapping[str, Any]]) -> Path:
    """Write one part and its marker."""
    path = Layout(root).part(part)
    write_rows(path, get_task(part.task), rows)
    costs = {"requests": len(rows), "prompt_tokens": 0, "completion_tokens": 0, "seconds": 0.0}
    write_marker(path, make_marker(path, part, "test", rows, **costs))
    return path


def _row(plan: Plan, task: str, lang: str, kind: Kind, number: int, places: Sequence[int]) -> dict[str, Any]:
    row_id = RowId(task, "train", f"q/{number}", lang, str(kind))
    failure = plan.failures.get((task, lang, number)) if kind is Kind.TRANSLATION else None
    if failure is not None:
        return record(row_id, {}, failed(failure, "planted"), Provenance(teacher="test", raw="{}"))
    order = places if kind is not Kind.PARAPHRASE else (places[1], places[0], (places[2] + 1) % len(SENTENCES["en"]))
    values = VALUES[task](lang, number, order)
    edit = plan.faults.get((task, lang, number)) if kind is not Kind.PARAPHRASE else None
    verdict: Verdict = KEPT
    return record(row_id, edit(values) if edit else values, verdict, Provenance(teacher="test", rung=_rung(task, kind)))


def _rung(task: str, kind: Kind) -> str:
    return "markers" if task == "squad_v1" and kind is not Kind.SOURCE else ""


def _mnli(lang: str, number: int, places: Sequence[int]) -> dict[str, Any]:
    first, second, third = (SENTENCES[lang][place] for place in places)
    return {"premise": f"{first} {second}", "hypothesis": third, "label": number % 3, "idx": number}


def _squad(lang: str, number: int, places: Sequence[int]) -> dict[str, Any]:
    first, second, third = (SENTENCES[lang][place] for place in places)
    context = f"{first} {second}"
    answers = {"text": [second], "answer_start": [len(first) + 1]}
    return {"id": f"q/{number}", "title": "Test", "context": context, "question": third, "answers": answers}


def _commonsense(lang: str, number: int, places: Sequence[int]) -> dict[str, Any]:
    question = " ".join(SENTENCES[lang][place] for place in places)
    choices = {"label": list("ABCDE"), "text": list(WORDS[lang])}
    key = "ABCDE"[number % 5]
    return {
        "id": f"q/{number}", "question": question, "question_concept": "animal", "choices": choices,
        "answerKey": key,
    }  # fmt: skip


VALUES = {"mnli": _mnli, "squad_v1": _squad, "commonsense_qa": _commonsense}


def changed(**values: Any) -> Edit:
    """An edit that sets columns."""
    return lambda row: {**row, **values}


def rows_of(root: Path, stage: str, task: str, lang: str) -> Iterator[dict[str, Any]]:
    """All rows of a stage, in order."""
    import pyarrow.parquet as pq

    for path in sorted((root / stage / task / lang).glob("p*.parquet")):
        yield from pq.ParquetFile(path).read().to_pylist()
