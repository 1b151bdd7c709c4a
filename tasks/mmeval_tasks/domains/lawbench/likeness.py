"""How unlike two characters are: by class of meaning, kind, sound and confusion set, as ChERRANT weighs them."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from mmeval.errors import MissingRequirementError
from mmeval.metrics.aggregations import required

WordClass: TypeAlias = tuple[str, str, str]
"""The three upper levels of a code of the thesaurus Cilin."""

_LISTS = "https://raw.githubusercontent.com/open-compass/LawBench/e30981bb3ff54c41571f222e0b23e92d27375388/evaluation/utils/data"
_PUNCTUATION = frozenset(
    string.punctuation + "！？｡＂＃＄％＆＇（）＊＋，－／：；＜＝＞＠［＼］＾＿｀｛｜｝～｟｠｢｣､、〃》「」『』【】"
    "〔〕〖〗〘〙〚〛〜〝〞〟〰〾〿–—‘'‛“”„‟…‧﹏"
)
_UNKNOWN = 4 / 6


@dataclass(frozen=True)
class Lists:
    """The evaluator's word lists: classes of single characters, and for each those that it is confused with."""

    classes: Mapping[str, WordClass]
    confused: Mapping[str, frozenset[str]]

    def cost(self, one: str, other: str) -> float:
        """What it costs to replace one character by another, below 2."""
        return self._meaning(one, other) + self._form(one, other) + _kind(one, other)

    def _meaning(self, one: str, other: str) -> float:
        here, there = self.classes.get(one), self.classes.get(other)
        if here is None or there is None:
            return _UNKNOWN
        return 2 * sum(level != same for level, same in zip(here, there, strict=True)) / 6

    def _form(self, one: str, other: str) -> float:
        if not (_is_chinese(one) and _is_chinese(other)):
            return 0.5
        alike = sounds(one) & sounds(other) or one in self._confused(other) or other in self._confused(one)
        return 0.0 if alike else 0.5

    def _confused(self, character: str) -> frozenset[str]:
        return self.confused.get(character, frozenset())


@cache
def lists() -> Lists:
    """The lists, fetched once and kept in the cache of `datasets`. Raises MissingRequirementError without them."""
    from datasets import DownloadConfig, DownloadManager

    manager = DownloadManager(dataset_name="lawbench", download_config=DownloadConfig(use_etag=False))
    try:
        cilin, confusion = manager.download([f"{_LISTS}/cilin.txt", f"{_LISTS}/confusion_dict.txt"])
    except OSError as error:
        raise MissingRequirementError(
            f"LawBench's corrections are aligned by word lists, and these cannot be fetched: {error}",
            hint="with a network, once: mmeval show lawbench_document_proofreading",
        ) from error
    return read(Path(cilin), Path(confusion))


def read(cilin: Path, confusion: Path) -> Lists:
    """The lists of two files: lines of a code and its words (GBK), and of a character and those like it (UTF-8)."""
    coded = (line.split(" ") for line in cilin.read_text(encoding="gbk").splitlines())
    confused = (line.split(" ") for line in confusion.read_text(encoding="utf-8").splitlines())
    return Lists(
        {word: (code[0], code[1], code[2:4]) for code, *words in coded for word in words if len(word) == 1},
        {character: frozenset(like) for character, *like in confused},
    )


@cache
def sounds(character: str) -> frozenset[str]:
    """All readings, without tones."""
    pypinyin = required("pypinyin", extra="chinese")
    (readings,) = pypinyin.pinyin(character, style=pypinyin.Style.NORMAL, heteronym=True)
    return frozenset(readings)


def simplified(text: str) -> str:
    """The text in simplified characters."""
    return str(_converter().convert(text))


@cache
def _converter() -> Any:
    return required("opencc", extra="chinese").OpenCC("t2s")


def _kind(one: str, other: str) -> float:
    if one in _PUNCTUATION and other in _PUNCTUATION:
        return 0.0
    return 0.499 if one in _PUNCTUATION or other in _PUNCTUATION else 0.25


def _is_chinese(character: str) -> bool:
    return "\u4e00" <= character <= "\u9fff"
