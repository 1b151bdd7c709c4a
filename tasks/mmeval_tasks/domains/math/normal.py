r"""Normal forms of LaTeX answers: two answers are equal where their forms are the same text.

The rules are those that the authors publish (Hendrycks et al. 2021; Lewkowycz et al. 2022, appendix D).
"""

from __future__ import annotations

import re

_FRACTION = re.compile(r"\\frac(?:\{([^{}]*)\}|(\w))(?:\{([^{}]*)\}|(\w))")
_ROOT = re.compile(r"\\sqrt(\w)")
_SLASH = re.compile(r"(-?\d+)/(-?\d+)")
_NAMED = re.compile(r".{1,2}=([^=]*)")
_DROPPED = (
    *("\n", "\\!", "\\left", "\\right", "^{\\circ}", "^\\circ", "\\$", "\\%", " "),
    "\\ ",
)

_UNITS = (
    *("square", "ways", "integers", "dollars", "mph", "inches", "ft", "hours", "km", "units", "sue", "points", "feet"),
    *("minutes", "digits", "cents", "degrees", "cm", "gm", "pounds", "meters", "meals", "edges", "students"),
    *("childrentickets", "multiples"),
)
_UNIT = re.compile(rf"(?<![\\a-zA-Z])(?:{'|'.join(sorted(_UNITS, key=len, reverse=True))})(?![a-zA-Z])")
_SIGNS = ("\\ldots", "\\dots", "\\mathrm{th}", "^\\circ", "^{\\circ}", "\\;", ",\\!", "{,}", '"', "\\$", "\\ ")
_UNIT_TEXT = re.compile(r"\\(?:text|mbox)\{(?:s|\.|m|\s*s|\s*)\}(?:\^[23])?")
_ARTICLE = re.compile(r"\ban? ")
_WRAPPED = re.compile(r"\\(?:text|textbf|mbox|overline|boxed)\{([^{}]*)\}")


def hendrycks_form(text: str) -> str:
    """Hendrycks' form: no units, signs or spaces; fractions and roots in braces; 0.5 and a/b as fractions."""
    text = text.replace("\\\\", "\\").replace("tfrac", "frac").replace("dfrac", "frac")
    text = text.partition("\\text{ ")[0]  # a unit
    for piece in _DROPPED:
        text = text.replace(piece, "")
    text = re.sub(r"(^|\{)\.(?=\d)", r"\g<1>0.", text)
    if named := _NAMED.fullmatch(text):
        text = named[1]
    text = _braced(text)
    if slash := _SLASH.fullmatch(text):
        text = f"\\frac{{{slash[1]}}}{{{slash[2]}}}"
    return "\\frac{1}{2}" if text == "0.5" else text


def minerva_form(text: str) -> str:
    """Minerva's form: behind the last equals sign, without dollar signs, units, wrappers and thousands commas."""
    text = text.rpartition("=")[2]
    if "$" in (inside := text.replace("\\$", "")):
        first, *_ = re.findall(r"\$(.*?)\$", inside) or [inside]
        text = first
    for pattern in (_ARTICLE, _UNIT_TEXT, _UNIT):
        text = pattern.sub("", text)
    for sign in _SIGNS:
        text = text.replace(sign, "")
    text = text.replace(",\\text{and}", ",").replace("\\text{and}", ",")
    while (bare := _WRAPPED.sub(r"\1", text)) != text:
        text = bare
    text = _braced(text.replace(" ", "").replace("$", "").removesuffix("."))
    return text.replace(",", "") if text.replace(",", "").isdigit() else text


def _braced(text: str) -> str:
    text = _ROOT.sub(r"\\sqrt{\1}", text)
    return _FRACTION.sub(lambda match: f"\\frac{{{match[1] or match[2] or ''}}}{{{match[3] or match[4] or ''}}}", text)
