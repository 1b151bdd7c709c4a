"""Questions, answers and prefills as messages. Delimiters stand behind each for the plain-text form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmeval.types import Image, Message, Part, Text

IMAGE_MARK = "<image>"


def head(description: str) -> tuple[Message, ...]:
    """The description before all examples; nothing where it is empty."""
    return (Message("system", (Text(description),)),) if description else ()


def example(
    question: str,
    answer: Any,
    choices: Sequence[str] | None,
    *,
    prefix: str = "",
    target_delimiter: str,
    fewshot_delimiter: str,
) -> tuple[Message, ...]:
    """A question with its answer: text, index into `choices`, or a list whose first element counts.

    An empty answer leaves the question alone, without any delimiter: the question's own text holds everything.
    """
    if answer is None or answer == "":
        return turn(question, prefix=prefix, target_delimiter=target_delimiter)
    delimiter = _prefix_delimiter(question, prefix, target_delimiter) if prefix else target_delimiter
    content = _joined(prefix, answer_text(answer, choices))
    return (Message("user", (Text(question),), delimiter), Message("assistant", (Text(content),), fewshot_delimiter))


def turn(
    question: str, *, prefix: str = "", target_delimiter: str, images: Sequence[Image] = ()
) -> tuple[Message, ...]:
    """A question to be answered, with the beginning of the answer where there is a `prefix`."""
    content = _with_images(question, images)
    if not prefix:
        return (Message("user", content),)
    delimiter = _prefix_delimiter(question, prefix, target_delimiter)
    return (Message("user", content, delimiter), Message("assistant", (Text(prefix),)))


def answer_text(answer: Any, choices: Sequence[str] | None) -> str:
    """The text of an example's answer. Raises TypeError or IndexError where there is none."""
    if choices is not None and isinstance(answer, int):
        return choices[answer]
    text = answer[0] if isinstance(answer, list) else answer
    if not isinstance(text, str):
        raise TypeError(f"the answer of an example is {text!r}, not text")
    return text


def _prefix_delimiter(question: str, prefix: str, delimiter: str) -> str:
    spaced = not question or question[-1].isspace() or prefix[0].isspace()
    return "" if spaced else delimiter


def _joined(prefix: str, answer: str) -> str:
    # lm-eval joins with one space here, whatever the target delimiter is
    spaced = not prefix or not answer or prefix[-1].isspace() or answer[0].isspace()
    return prefix + ("" if spaced else " ") + answer


def _with_images(question: str, images: Sequence[Image]) -> tuple[Part, ...]:
    """Images at their marks, in order; those without a mark stand before the text."""
    if not images:
        return (Text(question),)
    texts = question.split(IMAGE_MARK, len(images))
    marked = images[len(images) - len(texts) + 1 :] if len(texts) > 1 else ()
    parts: list[Part] = [*images[: len(images) - len(marked)], Text(texts[0])]
    for image, text in zip(marked, texts[1:], strict=True):
        parts += [image, Text(text)]
    return tuple(parts)
