"""EcomInstruct's scores as its own evaluator computes them, for comparison with published ones.

It cuts answers at ", ", sees a word in whatever stands between spaces (a Chinese title is one word) and counts a name
wherever its letters occur. An answer without anything in it becomes the word "error". Read in Alibaba-NLP/EcomGPT at
eaa846f25bfb899dd1dee22e15cc8b288f11c239; ROUGE-L is that of the package rouge 1.0.1.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from mmeval.metrics.additive import Resampled
from mmeval.metrics.aggregations import mean, required

Counts: TypeAlias = tuple[int, int, int]
"""What is right, said and wanted."""
TypeCounts: TypeAlias = Mapping[str, Counts]

SEPARATOR = ", "
_NOTHING = "error"
_ALMOST_NOTHING = 1e-8


def of_labels(answer: str, gold: Sequence[str]) -> dict[str, Any]:
    """Values of an answer that names categories: full stops and outer spaces do not count."""
    said = answer.strip().replace(".", "") or _NOTHING
    return _of_sets(said, gold, said.split(SEPARATOR))


def of_extracts(answer: str, gold: Sequence[str]) -> dict[str, Any]:
    """Values of an answer that quotes a text."""
    said = answer if answer.replace(".", "").strip() else _NOTHING
    return _of_sets(said, gold, said.strip().split(SEPARATOR))


def of_spans(answer: str, gold: Sequence[str]) -> dict[str, Any]:
    """Values of an answer that lists names; one of a single character is none."""
    said = answer if len(answer.strip()) > 1 else _NOTHING
    return _of_sets(said, gold, said.split(SEPARATOR))


def of_written(answer: str, gold: str) -> dict[str, Any]:
    """Value of a text of one's own; F1 is left out: the evaluator takes it over letters."""
    return {"rouge_l_official": rouge_l(answer or _NOTHING, gold)}


def of_entities(answer: str, gold: str, text: str) -> dict[str, Any]:
    """Values of an answer of lines "type: name, name", as is `gold`; `text` is where the names are looked for."""
    found, wanted = (_entities(text, side) for side in (answer, gold))
    counts = {kind: _counts(found.get(kind, set()), wanted.get(kind, set())) for kind in sorted({*found, *wanted})}
    rouge = rouge_l(answer or _NOTHING, gold)
    return {"micro_f1_official": counts, "macro_f1_official": counts, "rouge_l_official": rouge}


def _of_sets(said: str, gold: Sequence[str], parts: Iterable[str]) -> dict[str, Any]:
    wanted = SEPARATOR.join(gold)
    counts = _counts(set(parts), set(wanted.split(SEPARATOR)))
    return {"micro_f1_official": counts, "macro_f1_official": counts, "rouge_l_official": rouge_l(said, wanted)}


def _counts(said: set[Any], wanted: set[Any]) -> Counts:
    return len(said & wanted), len(said), len(wanted)


# ---------------------------------------------------------------- over a task


@Resampled
def micro_f1(values: Sequence[Counts]) -> float:
    """F1 of the summed counts."""
    return _f1(*_sums(values))


@Resampled
def macro_f1(values: Sequence[Counts]) -> float:
    """F1 of the mean precision and the mean recall of samples; it is no mean over classes."""
    precision = mean([right / said if said else 0.0 for right, said, _ in values])
    recall = mean([right / wanted if wanted else 0.0 for right, _, wanted in values])
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


@Resampled
def entity_micro_f1(values: Sequence[TypeCounts]) -> float:
    """F1 of the summed counts of all types."""
    return _f1(*_sums([counts for value in values for counts in value.values()]))


@Resampled
def entity_macro_f1(values: Sequence[TypeCounts]) -> float:
    """Plain mean of the F1 of types: all that are wanted, and all that answers made up."""
    kinds = dict.fromkeys(kind for value in values for kind in value)
    return mean([_f1(*_sums([value[kind] for value in values if kind in value])) for kind in kinds]) if kinds else 0.0


def _sums(counts: Sequence[Counts]) -> Counts:
    right, said, wanted = (sum(column) for column in zip(*counts, strict=True)) if counts else (0, 0, 0)
    return right, said, wanted


def _f1(right: int, said: int, wanted: int) -> float:
    return 2 * right / (said + wanted) if said + wanted else 0.0


# ---------------------------------------------------------------- entities


def _entities(text: str, answer: str) -> dict[str, set[tuple[int, int]]]:
    """Spans by type."""
    spans: dict[str, set[tuple[int, int]]] = {}
    for kind, start, end in required("seqeval.metrics.sequence_labeling", "seqeval").get_entities(_tags(text, answer)):
        spans.setdefault(str(kind), set()).add((start, end))
    return spans


def _tags(text: str, answer: str) -> list[str]:
    """A BIO tag for each character. Every place where a name occurs is tagged, within words too; later names win.

    The evaluator takes the names of one type in an order that changes from run to run; here it is that of the answer.
    An empty name, which occurs everywhere, comes first in both.
    """
    tags = ["O"] * len(text)
    for kind, names in _lines(answer).items():
        for name in sorted(names, key=bool):
            for start in range(len(text)):
                if text.startswith(name, start):
                    tags[start] = f"B-{kind}"
                    tags[start + 1 : start + len(name)] = [f"I-{kind}"] * (len(name) - 1)
    return tags


def _lines(answer: str) -> dict[str, list[str]]:
    """Distinct names by type, as they come."""
    found: dict[str, dict[str, None]] = {}
    for line in answer.split("\n"):
        kind, colon, names = line.partition(": ")
        if colon and not line.endswith(": "):
            found.setdefault(kind, {}).update(dict.fromkeys(names.split(SEPARATOR)))
    return {kind: [name for name in names if name != "None"] for kind, names in found.items()}


# ---------------------------------------------------------------- ROUGE-L


def rouge_l(answer: str, gold: str) -> float:
    """F1 of the distinct words that some sentence of the answer and some sentence of `gold` have in common, in order.

    Sentences end at full stops. Answers without a sentence have 0; the evaluator ends there.
    """
    said, wanted = _sentences(answer), _sentences(gold)
    if not said or not wanted:
        return 0.0
    common = set[str]().union(*(_common(theirs, ours) for theirs in wanted for ours in said))
    precision, recall = (len(common) / len({word for words in side for word in words}) for side in (said, wanted))
    return 2 * precision * recall / (precision + recall + _ALMOST_NOTHING)


def _sentences(text: str) -> list[list[str]]:
    """The words of each sentence; one of spaces alone has an empty word."""
    return [sentence.split() or [""] for sentence in text.split(".") if sentence]


def _common(wanted: Sequence[str], said: Sequence[str]) -> set[str]:
    """The words of a longest common subsequence: of several, the one that a walk from the end finds first."""
    lengths = [[0] * (len(said) + 1)]
    for word in wanted:
        above, row = lengths[-1], [0]
        for place, other in enumerate(said):
            row.append(above[place] + 1 if word == other else max(above[place + 1], row[place]))
        lengths.append(row)
    words: set[str] = set()
    ours, theirs = len(wanted), len(said)
    while ours and theirs:
        if wanted[ours - 1] == said[theirs - 1]:
            words.add(wanted[ours - 1])
            ours, theirs = ours - 1, theirs - 1
        elif lengths[ours - 1][theirs] > lengths[ours][theirs - 1]:
            ours -= 1
        else:
            theirs -= 1
    return words
