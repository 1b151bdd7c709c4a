"""By which rules libraries computed a metric."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mmeval.metrics import overlap, text, translation
from mmeval.metrics.signatures import signature
from mmeval.task import Answered
from mmeval.types import Generation, Metric
from tests.yaml_task.folders import GENERATE, make_task

sacrebleu = pytest.importorskip("sacrebleu")
pytest.importorskip("rouge_score")


@pytest.mark.parametrize(
    ("metric", "kind", "options"),
    [
        (translation.bleu, "BLEU", {"tokenize": "zh"}),
        (translation.bleu, "BLEU", {}),
        (translation.chrf, "CHRF", {}),
        (translation.chrf_plus_plus, "CHRF", {"word_order": 2}),
        (translation.ter, "TER", {}),
    ],
)
@pytest.mark.parametrize("references", [["a b c"], ["a b c", "a c"]])
def test_signatures_are_those_of_a_scorer_that_was_used(
    metric: Metric, kind: str, options: Mapping[str, Any], references: list[str]
) -> None:
    scorer = getattr(sacrebleu.metrics, kind)(**options)
    scorer.corpus_score(["a b"], [[one] for one in references])
    assert metric.score is not None
    given = options if kind == "BLEU" else {}
    assert signature(metric, [metric.score("a b", references, **given)], given) == str(scorer.get_signature())


def test_rouge_tells_whether_words_are_stemmed() -> None:
    assert signature(overlap.rougel, [0.5], {}).startswith("stem:no|")
    assert signature(overlap.rougel, [0.5], {"use_stemmer": True}).startswith("stem:yes|")


def test_other_metrics_have_none() -> None:
    assert signature(text.exact_match, [1.0], {}) == ""


def test_a_task_keeps_the_signatures_of_its_metrics(tmp_path: Path) -> None:
    listed = "metric_list: [{metric: bleu, tokenize: zh}, {metric: rouge1}, {metric: exact_match}]\n"
    task = make_task(tmp_path, GENERATE + listed, [{"q": "Q", "answer": "您好世界"}])
    samples = list(task.samples())
    scored = list(task.score_all([Answered(one, [[Generation(one.target)]]) for one in samples]))
    assert scored[0].values["bleu"][2] == "zh"
    found = task._details_of(scored)["signatures"]
    assert found.keys() == {"bleu", "rouge1"}
    assert "tok:zh" in found["bleu"]


def test_a_tokenizer_that_sacrebleu_lacks_is_named() -> None:
    assert translation.bleu.score is not None
    with pytest.raises(ValueError, match=r"no tokenizer 'zhh'; it has .*zh"):
        translation.bleu.score("a", "a", tokenize="zhh")


def test_chinese_needs_its_own_tokenizer() -> None:
    assert translation.bleu.score is not None
    answer, target = "今天天气很好我们", "今天天气很好他们"
    plain, chinese = (
        translation.bleu.aggregate([translation.bleu.score(answer, target, tokenize=name)]) for name in ("13a", "zh")
    )
    assert plain == 0.0
    assert chinese == sacrebleu.corpus_bleu([answer], [[target]], tokenize="zh").score > 30
