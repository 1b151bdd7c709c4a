"""BERTScore as bert-score gives it, with a small encoder of random weights."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mmeval.errors import MissingRequirementError, UsageError
from mmeval.metrics.bertscore import bertscore, scorer
from mmeval.metrics.signatures import signature
from mmeval.types import Generation, Outcome
from tests.yaml_task.folders import GENERATE, make_task

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "sat", "on", "a", "mat", "dog", "ran", "bb"]


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bert_score", None)
    assert bertscore.score is not None
    with pytest.raises(MissingRequirementError, match="bert-score") as caught:
        bertscore.score("a cat", "a dog")
    assert caught.value.hint == "pip install 'mmeval-harness[bertscore]'"


@pytest.mark.parametrize(("answer", "target"), [(None, "a cat"), ("", "a cat"), (" \n", "a cat"), ("a cat", ["", " "])])
def test_nothing_is_near_nothing(answer: str | None, target: str | list[str]) -> None:
    assert bertscore.score is not None
    assert bertscore.score(answer, target, model_type="no such encoder") == 0.0


def _encoder(folder: Path, longest: int | None) -> str:
    torch, transformers = pytest.importorskip("torch"), pytest.importorskip("transformers")
    (folder / "vocab.txt").write_text("\n".join(WORDS), encoding="utf-8")
    limit = {} if longest is None else {"model_max_length": longest}
    transformers.BertTokenizer(str(folder / "vocab.txt"), **limit).save_pretrained(folder)
    torch.manual_seed(0)
    small = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    transformers.BertModel(transformers.BertConfig(vocab_size=len(WORDS), **small)).save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> str:
    pytest.importorskip("bert_score", reason="the extra bertscore is not installed")
    return _encoder(tmp_path_factory.mktemp("encoder"), longest=64)


@pytest.mark.parametrize("layer", [1, 2])
def test_scores_are_those_of_the_package(encoder: str, layer: int) -> None:
    import bert_score

    answers = ["the cat sat on the mat", "a dog", "cat " * 100]
    targets = [["a cat sat on a mat"], ["the dog ran", "a cat"], ["cat cat"]]
    _, _, wanted = bert_score.score(answers, targets, model_type=encoder, num_layers=layer)
    options = {"model_type": encoder, "num_layers": layer}
    assert bertscore.score is not None
    found = [bertscore.score(answer, target, **options) for answer, target in zip(answers, targets, strict=True)]
    assert found == pytest.approx(wanted.tolist(), abs=1e-5)
    assert len({round(value, 3) for value in found}) == 3
    assert bertscore.score("a dog", "a dog", **options) == pytest.approx(1.0)
    assert signature(bertscore, found, options).startswith(f"{encoder}_L{layer}_no-idf_version=")


def test_a_task_names_the_encoder_which_is_loaded_once(encoder: str, tmp_path: Path) -> None:
    metrics = f"metric_list: [{{metric: bertscore, model_type: {encoder}, num_layers: 2}}]\n"
    task = make_task(tmp_path, GENERATE + metrics)
    loaded = scorer(model_type=encoder, num_layers=2)
    scores = [task.score(sample, [Generation("bb")]) for sample in task.samples()]
    assert [score.outcome for score in scores] == [Outcome.SCORED] * 2
    right, wrong = (score.values["bertscore"] for score in scores)
    assert (right, wrong < 0.999) == (pytest.approx(1.0), True)
    assert signature(bertscore, [right, wrong], {"num_layers": 2, "model_type": encoder}) == loaded.hash
    assert scorer(model_type=encoder, num_layers=2) is loaded


def test_encoders_that_cannot_be_used(encoder: str, tmp_path: Path) -> None:
    assert bertscore.score is not None
    with pytest.raises(UsageError, match="needs num_layers"):
        bertscore.score("a cat", "a dog", model_type=encoder)
    with pytest.raises(UsageError, match="cannot load"):
        bertscore.score("a cat", "a dog", model_type=str(tmp_path), num_layers=2)
    endless = _encoder(tmp_path, longest=None)
    with pytest.raises(UsageError, match="how long a text may be"):
        bertscore.score("a cat", "a dog", model_type=endless, num_layers=2)
