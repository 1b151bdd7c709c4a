"""LawBench's scores, one function for each kind of answer. `lawbench_score` counts as its evaluator does."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeAlias

from mmeval_tasks.domains.lawbench import names, numbers, words
from mmeval_tasks.domains.rows import Layout

Doc: TypeAlias = Mapping[str, Any]
Results: TypeAlias = Sequence[str | None]
Values: TypeAlias = dict[str, Any]

_COLUMNS = ("instruction", "question", "answer")
_LETTER = re.compile("[A-E]")
_ENTITY = re.compile(r"\s*([^\n ]*)")
_NOTHING = ("无", "未提及")
_FARTHEST = math.log(216)

_LAYOUT = Layout(_COLUMNS)


def terms(docs: Any) -> Any:
    """Sentences that are a number of months; death and life are left out."""
    return _kept(docs, lambda answer: answer.endswith("个月"))


def disputes(docs: Any) -> Any:
    """Disputes of the sixteen kinds; early files had another one."""
    return _kept(docs, lambda answer: "赔偿" not in answer)


def _kept(docs: Any, wanted: Callable[[str], bool]) -> Any:
    rows = _LAYOUT(docs)
    return rows.select([place for place, answer in enumerate(rows["answer"][:]) if wanted(answer)])


def letter_abcd(doc: Doc, results: Results) -> Values:
    """Whether the right one of A to D is the only one in the answer."""
    return _only(results, _letter(doc), names.ABCD)


def letter_abcde(doc: Doc, results: Results) -> Values:
    """Whether the right one of A to E is the only one in the answer."""
    return _only(results, _letter(doc), names.ABCDE)


def dispute(doc: Doc, results: Results) -> Values:
    """Whether the right kind of dispute is the only one in the answer."""
    return _only(results, doc["answer"].removeprefix("争议焦点类别：").removesuffix("。"), names.DISPUTES)


def topic(doc: Doc, results: Results) -> Values:
    """Whether the right topic is the only one in the answer."""
    return _only(results, doc["answer"], names.TOPICS)


def marriage(doc: Doc, results: Results) -> Values:
    """F1 of the labels of a sentence on marriage."""
    wanted = doc["answer"].removeprefix("类别:").removesuffix("。").split("、")
    return _labels(_within(_text(results), names.MARRIAGES), wanted)


def events(doc: Doc, results: Results) -> Values:
    """F1 of the kinds of events."""
    return _labels(_within(_text(results), names.EVENTS), doc["answer"].split(";"))


def charges(doc: Doc, results: Results) -> Values:
    """F1 of the charges. `charge_f1` counts none that is only there as a part of a longer one ("诈骗" in "合同诈骗").

    It also knows the row's own charges: the evaluator's list lacks some.
    """
    text, wanted = _text(results), doc["answer"].removeprefix("罪名:").split(";")
    whole = longest(text, {*names.CHARGES, *wanted})
    return {**_labels(_within(text, names.CHARGES), wanted), "charge_f1": set_f1(whole, set(wanted))}


def articles(doc: Doc, results: Results) -> Values:
    """F1 of the numbers of articles."""
    wanted = {int(number) for number in re.findall(r"\d+", doc["answer"])}
    return _labels(numbers.articles(_text(results)), wanted)


def term(doc: Doc, results: Results) -> Values:
    """1 less the distance of the logarithms of two prison terms over that of 0 and 215 months, below 0 beyond.

    Terms count with a month more; nothing to be read is 0.
    """
    said, wanted = numbers.months(_text(results)), int(doc["answer"].removeprefix("刑期:").removesuffix("个月"))
    if said is None:
        return _value(0.0, False)
    return _value(1 - abs(math.log(wanted + 1) - math.log(said + 1)) / _FARTHEST)


def amount(doc: Doc, results: Results) -> Values:
    """Whether the right amount is one of the answer's numbers."""
    said = numbers.amounts(_text(results))
    wanted = float(doc["answer"].removeprefix("上文涉及到的犯罪金额:").removesuffix("元。"))
    return _value(float(wanted in said), bool(said))


def recitation(doc: Doc, results: Results) -> Values:
    """ROUGE-L with the article."""
    return _overlap(results, doc["answer"].replace("答案:", ""))


def overlap(doc: Doc, results: Results) -> Values:
    """ROUGE-L with the wanted answer as it stands, with its headings."""
    return _overlap(results, doc["answer"])


def reading(doc: Doc, results: Results) -> Values:
    """F1 of letters and digits, each as often as it occurs."""
    text = _text(results)
    return _value(character_f1(text, doc["answer"].replace("回答:", "")), bool(text.strip()))


def entities(doc: Doc, results: Results) -> Values:
    """Soft F1 of the entities by type: one that is right counts as far as its letters are."""
    said, wanted = entities_in(_text(results)), _wanted_entities(doc["answer"])
    if not wanted:
        return _value(float(not said))
    likeness = [character_f1(said[kind], wanted[kind]) for kind in said if kind in wanted]
    return _value(_soft_f1(likeness, len(said), len(wanted)), bool(said))


def triggers(doc: Doc, results: Results) -> Values:
    """Soft F1 of the words between semicolons, the first with the first wanted one, and so on."""
    text = _text(results)
    said, wanted = text.split(";"), doc["answer"].split(";")
    likeness = [character_f1(one, other) for one, other in zip(said, wanted, strict=False)]
    return _value(_soft_f1(likeness, len(said), len(wanted)), bool(text.strip()))


def set_f1(said: Collection[Any], wanted: Collection[Any]) -> float:
    """F1 of two sets; 0 where they share nothing."""
    return 2 * len(set(said) & set(wanted)) / max(1, len(set(said)) + len(set(wanted)))


def character_f1(said: str, wanted: str) -> float:
    """F1 of two texts' letters and digits, in lower case; 1 where neither has any."""
    one, other = _characters(said), _characters(wanted)
    if not one or not other:
        return float(one == other)
    return 2 * (one & other).total() / (one.total() + other.total())


def entities_in(text: str) -> dict[str, str]:
    """What follows each type and a colon, up to a blank or the end of the line; the last of a type that says something.

    A colon among the last two characters of the answer does not count.
    """
    found = {kind: _last_of(kind, text) for kind in names.ENTITIES}
    return {kind: value for kind, value in found.items() if value is not None}


def longest(text: str, labels: Collection[str]) -> set[str]:
    """The labels that occur, from left to right, at each place the longest."""
    anywhere = re.compile("|".join(map(re.escape, sorted(labels, key=len, reverse=True))))
    return set(anywhere.findall(text))


def _last_of(kind: str, text: str) -> str | None:
    ends = (match.end() for match in re.finditer(kind, text) if match.end() < len(text) - 2)
    for end in reversed([end for end in ends if text[end] in ":："]):
        value = _ENTITY.match(text, end + 1)
        if value and (stripped := value[1].strip()) not in _NOTHING:
            return stripped
    return None


def _wanted_entities(answer: str) -> dict[str, str]:
    if not answer.strip():
        return {}
    kinds = (entity.split(":") for entity in answer.split(";"))
    return {kind: value for kind, value, *_ in kinds}


def _characters(text: str) -> Counter[str]:
    return Counter(one for one in text.lower() if one.isdigit() or one.isalpha())


def _soft_f1(likeness: Sequence[float], said: int, wanted: int) -> float:
    return 2 * sum(likeness) / max(1, said + wanted)


def _within(text: str, labels: Sequence[str]) -> list[str]:
    return [label for label in labels if label in text]


def _letter(doc: Doc) -> str:
    return str(_LETTER.findall(doc["answer"])[0])


def _only(results: Results, wanted: str, labels: Sequence[str]) -> Values:
    found = _within(_text(results), labels)
    return _value(float(found == [wanted]), bool(found))


def _labels(said: Collection[Any], wanted: Collection[Any]) -> Values:
    return _value(set_f1(said, wanted), bool(said))


def _overlap(results: Results, wanted: str) -> Values:
    text = _text(results)
    return _value(words.rouge_l(text, wanted), bool(text.strip()))


def _text(results: Results) -> str:
    """The answer; empty where there was nothing but reasoning."""
    return results[0] or ""


def _value(score: float, readable: bool = True) -> Values:
    return {"lawbench_score": score, "unparsed_rate": float(not readable)}
