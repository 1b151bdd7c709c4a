from __future__ import annotations

from random import Random

import pytest

from mmeval.errors import UsageError
from mmeval.prompt.adapters import Adapter, adapt, graph_text
from mmeval.prompt.variants import text_only
from mmeval.types import Generate, Graph, Image, Loglikelihood, Prompt, Represent, RollingLoglikelihood, Sample, Text

GRAPH = Graph(({"name": "A"},), (), "the graph")


@pytest.mark.parametrize(
    "ask",
    [
        Generate(Prompt.of(GRAPH, "q")),
        Loglikelihood(Prompt.of(GRAPH, "q"), ("a",)),
        Represent((Prompt.of(GRAPH, "q"),), (-1,), (0,)),
    ],
)
def test_a_graph_becomes_its_text_where_the_model_takes_text(ask) -> None:  # type: ignore[no-untyped-def]
    assert adapt(ask, {"text"}, [graph_text]).prompt.parts == (Text("the graph"), Text("q"))
    assert adapt(ask, {"text", "graph"}, [graph_text]) == ask


def test_the_first_adapter_that_fits_is_used() -> None:
    other = Adapter("other", "graph", "text", lambda part: Text("other"))
    wrong = Adapter("wrong", "graph", "image", lambda part: Image("x.png"))
    assert adapt(Generate(Prompt.of(GRAPH)), {"text"}, [wrong, other, graph_text]).prompt.parts == (Text("other"),)


def test_nothing_that_fits_is_a_clear_error() -> None:
    with pytest.raises(UsageError, match="does not take image parts, and no adapter turns them into text"):
        adapt(Generate(Prompt.of(Image("x.png"))), {"text"}, [graph_text])


def test_a_rolling_ask_is_text_already() -> None:
    assert adapt(RollingLoglikelihood("t"), {"text"}, []) == RollingLoglikelihood("t")


def test_text_only_leaves_the_words() -> None:
    ask = text_only(Sample("s", {}), Generate(Prompt.of(GRAPH, "q", Image("x.png"))), Random(0))
    assert ask.prompt.parts == (Text("q"),)
