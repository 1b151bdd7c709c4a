r"""Normal forms of LaTeX answers: two answers are equal where their forms are the same text.

The rules are those that the authors publish (Hendrycks et al. 2021; Lewkowycz et al. 2022, appendix D), in their order,
which matters: scores of MATH are compared between harnesses.
"""

from __future__ import annotations

import re

_HENDRYCKS_DROPPED = ("\\left", "\\right", "^{\\circ}", "^\\circ", "\\$")
_ROOT = re.compile(r"\\sqrt([^{])")
_BROKEN_FRACTION = re.compile(r"\\frac([^{]?)($|\\frac)")
_FRACTION_OF_ONE = re.compile(r"\\frac([^{])(?=\{)")
_FRACTION_OF_TWO = re.compile(r"\\frac([^{])(.)")

_UNITS = (
    *("square", "ways", "integers", "dollars", "mph", "inches", "ft", "hours", "km", "units", "sue", "points", "feet"),
    *("minutes", "digits", "cents", "degrees", "cm", "gm", "pounds", "meters", "meals", "edges", "students"),
    *("childrentickets", "multiples"),
)
_UNIT = re.compile(rf"(?<!\\)\b(?:{'|'.join(_UNITS)})\b")
_GLUED_UNIT = re.compile(rf"(\\[a-zA-Z]+)|(?:{'|'.join(_UNITS)})")  # commands are kept: \left holds ft
_MINERVA_REPLACED = (
    *(("an ", ""), ("a ", ""), (".$", "$"), ("\\$", ""), ("\\ ", ""), (" ", ""), ("mbox", "text")),
    *((",\\text{and}", ","), ("\\text{and}", ","), ("\\text{m}", "\\text{}")),
)
_MINERVA_DROPPED = (
    *("\\ldots", "\\text{s}", "\\text{.}", "\\text{\ns}", "\\text{}^2", "\\text{}^3", "\\text{\n}", "\\text{}"),
    *("\\mathrm{th}", "^\\circ", "^{\\circ}", "\\;", ",\\!", "{,}", '"', "\\dots"),
)
_MINERVA_REWRITTEN = (
    (re.compile(r".*?\$(.*?)\$.*"), r"$\1$"),
    *((re.compile(rf"\\{wrapper}\{{(.*?)\}}"), r"\1") for wrapper in ("text", "textbf", "overline")),
    (re.compile(r"\\boxed\{(.*)\}"), r"\1"),
    (re.compile(r"frac([^{])(.)"), r"frac{\1}{\2}"),
    (re.compile(r"sqrt(\[[^\]]*\])(\w)"), r"sqrt\1{\2}"),
    (re.compile(r"sqrt(?!\[)([^{])"), r"sqrt{\1}"),
)
_THOUSANDS = re.compile(r"-?\d{1,3}(,\d{3})+")


def hendrycks_equal(one: str, other: str, *, strict: bool = True) -> bool:
    """Whether Hendrycks' forms are the same; answers that have none are compared as they are."""
    try:
        return hendrycks_form(one, strict=strict) == hendrycks_form(other, strict=strict)
    except ValueError:
        return one == other


def hendrycks_form(text: str, *, strict: bool = True) -> str:
    """Hendrycks' form: no units, signs or spaces; fractions and roots in braces; 0.5 and a/b as fractions.

    Raises ValueError for what the rules cannot read: two units, a command without argument, and, if `strict`, a
    quotient of other than integers. AGIEval is not strict.
    """
    text = text.replace("\n", "").replace("\\!", "").replace("\\\\", "\\")
    text = text.replace("tfrac", "frac").replace("dfrac", "frac")
    for piece in _HENDRYCKS_DROPPED:
        text = text.replace(piece, "")
    text = _without_unit(text).replace("\\%", "").replace(" .", " 0.").replace("{.", "{0.")
    if text.startswith("."):
        text = f"0{text}"
    named, *value = text.split("=")
    if len(value) == 1 and len(named) <= 2:
        text = value[0]
    text = _braced(text)
    return _quotient("\\frac{1}{2}" if text == "0.5" else text, strict)


def minerva_form(text: str) -> str:
    """Minerva's form: behind the last equals sign, without dollar signs, units, wrappers and thousands commas."""
    text = _UNIT.sub("", text.rpartition("=")[2])
    for before, after in _MINERVA_REPLACED:
        text = text.replace(before, after)
    text = _GLUED_UNIT.sub(r"\1", text)
    for piece in _MINERVA_DROPPED:
        text = text.replace(piece, "")
    for pattern, form in _MINERVA_REWRITTEN:
        text = pattern.sub(form, text)
    text = text.replace("$", "")
    return text.replace(",", "") if _THOUSANDS.fullmatch(text) else text


def _without_unit(text: str) -> str:
    number, _, unit = text.partition("\\text{ ")
    if "\\text{ " in unit:
        raise ValueError("two units")
    return number


def _braced(text: str) -> str:
    if re.search(r"\\sqrt($|\\sqrt)", text):
        raise ValueError("a root of nothing")
    text = _ROOT.sub(r"\\sqrt{\1}", text).replace(" ", "")
    if broken := _BROKEN_FRACTION.search(text):
        if not broken[1]:
            raise ValueError("a fraction of nothing")
        return text
    return _FRACTION_OF_TWO.sub(r"\\frac{\1}{\2}", _FRACTION_OF_ONE.sub(r"\\frac{\1}", text))


def _quotient(text: str, strict: bool) -> str:
    """`a/b` of integers as a fraction."""
    if text.count("/") != 1:
        return text
    try:
        over, under = map(int, text.split("/"))
    except ValueError:
        if strict:
            raise
        return text
    return f"\\frac{{{over}}}{{{under}}}" if text == f"{over}/{under}" else text
