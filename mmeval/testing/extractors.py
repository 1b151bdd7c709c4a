# ruff: noqa: S101  assertions are what this module is for
"""The contract of an extractor, as tests."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from mmeval.extract import Pipeline, TaskExtractor, build_pipeline
from mmeval.serialize import to_json
from mmeval.testing.checking import check_json
from mmeval.types import EMPTY, Extraction, Sample

_MARKS = r"\boxed{}()[]<>|$:.,-+/0123456789ABCDEabcde \n"
_LONG = ("(", r"\boxed{", "A", " ", "0", "\n", "the answer is ", "<think>", "((A)", "1,", "$")


class ExtractorConformance:
    """Subclass it as `class TestMine(ExtractorConformance)`, with `extractor = my_extractor`.

    `options` are those of a task file, `sample` is handed to an extractor that asks for it. `finds` are
    (text, answer) examples, `misses` texts without an answer. Long texts may take `seconds`. Needs hypothesis.
    """

    extractor: ClassVar[Callable[..., Extraction] | type[TaskExtractor]]
    options: ClassVar[Mapping[str, Any]] = EMPTY
    sample: ClassVar[Sample] = Sample("test:0", {"question": "Which?", "choices": ["red", "blue"]}, "A")
    finds: ClassVar[Sequence[tuple[str, Any]]] = ()
    misses: ClassVar[Sequence[str]] = ()
    examples: ClassVar[int] = 200
    seconds: ClassVar[float] = 5.0

    def make(self) -> Pipeline:
        """The extractor with its options, as the only step of a pipeline."""
        return build_pipeline("conformance", [{"function": type(self).extractor, **self.options}])

    def test_finds_what_it_should(self) -> None:
        for text, answer in self.finds:
            found = self._extract(text)
            assert found.found, f"nothing is found in {text!r}: {found.reason}"
            assert found.answer == answer, f"{found.answer!r} is found in {text!r}, not {answer!r}"

    def test_says_why_when_there_is_no_answer(self) -> None:
        for text in self.misses:
            found = self._extract(text)
            assert not found.found, f"{found.answer!r} is found in {text!r}, where there is no answer"

    def test_any_text_gives_an_answer_or_a_reason(self) -> None:
        self._for_any_text(self._check)

    def test_same_text_gives_the_same_answer(self) -> None:
        pipeline = self.make()

        def check(text: str) -> None:
            once, again, fresh = (self._extract(text, one) for one in (pipeline, pipeline, self.make()))
            assert to_json(once) == to_json(again) == to_json(fresh), f"{text!r} gives {once}, then {again}, {fresh}"

        self._for_any_text(check)

    def test_answers_do_not_depend_on_other_samples(self) -> None:
        texts = [*(text for text, _ in self.finds), *self.misses, "", "A", "7"]
        together = self.make().apply([[text] for text in texts], [self.sample] * len(texts))
        assert len(together) == len(texts), f"{len(texts)} requests, {len(together)} results"
        for text, found in zip(texts, together, strict=True):
            assert to_json(_only(found)) == to_json(self._extract(text)), f"{text!r} gives another answer beside others"

    def test_long_texts_take_a_bounded_time(self) -> None:
        for piece in _LONG:
            for size in (2**power for power in range(6, 17, 2)):
                began = time.perf_counter()
                self._check(piece * (size // len(piece)))
                took = time.perf_counter() - began
                assert took < self.seconds, f"{size} characters of {piece!r} take {took:.1f} s"

    def _for_any_text(self, check: Callable[[str], None]) -> None:
        from hypothesis import given, settings
        from hypothesis import strategies as st

        texts = st.text() | st.text(alphabet=_MARKS) | st.lists(st.sampled_from(_LONG)).map("".join)
        settings(max_examples=self.examples, deadline=None, database=None, derandomize=True)(given(texts)(check))()

    def _check(self, text: str) -> None:
        found = self._extract(text)
        shown = repr(text[:80])
        assert isinstance(found, Extraction), f"an extractor gives an Extraction, not {found!r}"
        assert found.reason or found.answer is not None, f"neither an answer nor a reason for {shown}"
        assert "\n" not in found.reason, f"a reason is one line: {found.reason!r}"
        check_json(found.answer, f"the answer to {shown}")

    def _extract(self, text: str, pipeline: Pipeline | None = None) -> Extraction:
        return (pipeline or self.make()).extract(text, self.sample)


def _only(found: Extraction | list[Extraction]) -> Extraction:
    return found if isinstance(found, Extraction) else found[0]
