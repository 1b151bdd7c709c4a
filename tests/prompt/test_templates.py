"""Templates render as lm-eval's do, whichever way they take."""

from __future__ import annotations

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmeval.prompt.templates import UndefinedFieldError, compile_template

DOC = {"q": "why?", "n": None, "opts": ["a", "b"], "yes": True, "text": "a  b"}


@pytest.mark.parametrize(
    ("source", "rendered"),
    [
        ("no markup\n", "no markup\n"),
        ("{{q}}\n", "why?\n"),
        ("{{opts}} {{n}} {{yes}}", "['a', 'b'] None True"),
        ("{{q.strip('?')}}", "why"),
        ("{{opts[1] ~ loop_free | default('!')}}", "b!"),
        ("{{text | regex_replace(' +', '_')}}", "a_b"),
        ("{{text | regex_replace('[ab]', 'x', 1)}}", "x  b"),
        ("{% for o in opts %}{{o}};{% endfor %}", "a;b;"),
        ("{% set x = opts.index('b') %}{{x}}", "1"),
        ("{{range(3) | join}}", "012"),
        ("", ""),
    ],
)
def test_rendering(source: str, rendered: str) -> None:
    assert compile_template(source)(DOC) == rendered


@pytest.mark.parametrize(("source", "field"), [("{{who}}", "who"), ("{{who.name}}", "who"), ("{{q.name}}", None)])
def test_undefined_fields_raise(source: str, field: str | None) -> None:
    with pytest.raises(UndefinedFieldError) as caught:
        compile_template(source)(DOC)
    assert caught.value.field == field


def test_templates_reach_nothing_but_the_document() -> None:
    with pytest.raises(jinja2.exceptions.SecurityError):
        compile_template("{{ cycler.__init__.__globals__ }}")(DOC)


_TEXT = st.text("ab{ \n\r'%", max_size=6)


@given(st.lists(_TEXT | st.sampled_from(["{{a}}", "{{ b }}"]), max_size=5), st.text(), st.integers() | st.none())
def test_the_short_way_equals_jinja(pieces: list[str], a: str, b: int | None) -> None:
    source, doc = "".join(pieces), {"a": a, "b": b}
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    try:
        expected = environment.from_string(source).render(**doc)
    except jinja2.TemplateError:
        return
    assert compile_template(source)(doc) == expected
