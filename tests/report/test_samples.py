from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from mmeval.prompt.style import PromptStyle, resolve
from mmeval.report.images import write_images
from mmeval.report.samples import LoggedSample, words_hash, write_samples
from mmeval.types import (
    Ask,
    Failure,
    Generate,
    Generation,
    Image,
    Likelihoods,
    Loglikelihood,
    Message,
    Outcome,
    Prompt,
    Response,
    RollingLikelihood,
    RollingLoglikelihood,
    Sample,
    SampleScore,
    Text,
)


def logged(ask: Ask, *repeats: Response, sample_id: str = "test:3", **score: Any) -> LoggedSample:
    sample = Sample(sample_id, {"q": "ä"}, "yes")
    return LoggedSample(
        "quiz", sample, SampleScore(sample_id, {"acc": 1.0}, **score), [ask], [[each] for each in repeats], 1, "graph 7"
    )


def written(directory: Path, *samples: LoggedSample, task: str = "quiz") -> list[dict[str, Any]]:
    paths = write_samples(directory, {task: samples}, lm_eval_layout=True)
    return [json.loads(line) for line in paths[1].read_text(encoding="utf-8").splitlines()]


def hashed(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def test_the_compact_log(tmp_path: Path) -> None:
    told = {"outcome": Outcome.UNPARSED, "reason": "no answer", "repeat": 1}
    one = logged(Generate(Prompt.of("q")), Generation("yes"), Generation("no"), **told)
    (path,) = write_samples(tmp_path, {"quiz": [one]}, lm_eval_layout=False)
    assert path == tmp_path / "samples.jsonl"
    assert json.loads(path.read_text(encoding="utf-8")) == {
        "task": "quiz",
        "sample_id": "test:3",
        "doc_hash": one.sample.doc_hash,
        "words_hash": words_hash(one.asks),
        "cluster": "graph 7",
        "repeat": 1,
        "pipeline": "none",
        "outcome": "unparsed",
        "answer": None,
        "target": "yes",
        "reason": "no answer",
        "parse_rule": "",
        "values": {"acc": 1.0},
        "raw": ["no"],
    }


def rows_of(directory: Path, *samples: LoggedSample) -> list[dict[str, Any]]:
    (path,) = write_samples(directory, {"quiz": samples}, lm_eval_layout=False)
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_the_rule_that_read_an_answer_and_the_text_that_it_read(tmp_path: Path) -> None:
    one = logged(Generate(Prompt.of("q")), Generation("It is B."), answer="B", rule="statement")
    (row,) = rows_of(tmp_path, one)
    assert (row["raw"], row["answer"], row["parse_rule"]) == (["It is B."], "B", "statement")
    (line,) = written(tmp_path, one)
    assert line["parse_rule"] == "statement"


def test_the_texts_of_repeats_that_are_scored_apart_and_as_one(tmp_path: Path) -> None:
    ask, answers = Generate(Prompt.of("q")), [Generation("a"), Generation("b")]
    apart = [logged(ask, *answers, repeat=repeat) for repeat in range(2)]
    as_one = logged(ask, *answers, sample_id="test:4")
    assert [row["raw"] for row in rows_of(tmp_path, *apart, as_one)] == [["a"], ["b"], ["a", "b"]]


def test_likelihoods_and_failures_have_no_text(tmp_path: Path) -> None:
    likelihood = logged(Loglikelihood(Prompt.of("q"), ("a",)), Likelihoods((-1.0,), (True,)))
    failed = logged(Generate(Prompt.of("q")), Failure("no answer"))
    assert not any("raw" in row for row in rows_of(tmp_path, likelihood, failed))


TURNS = Prompt(
    (
        Message("system", (Text("Answer."),), "\n\n"),
        Message("user", (Text("1 + 1 ="),), " "),
        Message("assistant", (Text("2"),), "\n\n"),
        Message("user", (Text("2 + 2 ="),)),
    )
)


@pytest.mark.parametrize("ask", [Generate(TURNS), Loglikelihood(TURNS, ("4", "5"), " ")], ids=["text", "options"])
def test_words_do_not_depend_on_the_chat_template(ask: Ask) -> None:
    styles = (PromptStyle(), PromptStyle(chat=True), PromptStyle(chat=True, fewshot_as_multiturn=True))
    assert len({words_hash([resolve(ask, style)]) for style in styles}) == 1


@pytest.mark.parametrize(
    "other",
    [
        [Loglikelihood(Prompt.of("Q:"), ("a", "c"))],
        [Loglikelihood(Prompt.of("R:"), ("a", "b"))],
        [Loglikelihood(Prompt.of("Q:", Image("one.png", "ff")), ("a", "b"))],
        [Loglikelihood(Prompt.of("Q:"), ("a", "b"))] * 2,
        [Generate(Prompt.of("Q:"))],
    ],
)
def test_other_words_have_another_hash(other: Sequence[Ask]) -> None:
    assert words_hash(other) != words_hash([Loglikelihood(Prompt.of("Q:"), ("a", "b"))])


def test_follow_ups_are_not_hashed(tmp_path: Path) -> None:
    """They repeat what the model said."""
    one = logged(Generate(Prompt.of("q")), Generation("no"))
    more = replace(one, asks=[*one.asks, Generate(Prompt.of("no? sure?"))])
    rows = [
        write_samples(tmp_path, {"quiz": [each]}, lm_eval_layout=False)[0].read_text("utf-8") for each in (one, more)
    ]
    assert rows[0] == rows[1]


def test_a_generation_in_lm_evals_layout(tmp_path: Path) -> None:
    ask = Generate(Prompt.of("Q: ä\nA:"), max_tokens=8, stop=("\n",), options={"top_p": 0.5})
    (line,) = written(tmp_path, logged(ask, Generation("yes it is"), Generation("no"), answer="yes", pipeline="first"))
    assert line == {
        "doc_id": 3,
        "doc": {"q": "ä"},
        "target": "yes",
        "arguments": {
            "gen_args_0": {
                "arg_0": "Q: ä\nA:",
                "arg_1": {"until": ["\n"], "max_gen_toks": 8, "do_sample": False, "temperature": 0.0, "top_p": 0.5},
            }
        },
        "resps": [["yes it is", "no"]],
        "filtered_resps": ["yes"],
        "filter": "first",
        "metrics": ["acc"],
        "doc_hash": hashed('{\n  "q": "ä"\n}'),
        "prompt_hash": hashed("Q: ä\nA:"),
        "target_hash": hashed("yes"),
        "repeat": 0,
        "acc": 1.0,
    }


def test_a_question_with_options_is_a_request_per_option(tmp_path: Path) -> None:
    ask = Loglikelihood(Prompt.of("Q:"), (" a", " b"))
    (line,) = written(tmp_path, logged(ask, Likelihoods((-3.0, -0.5), (True, False))))
    assert line["arguments"] == {
        "gen_args_0": {"arg_0": "Q:", "arg_1": " a"},
        "gen_args_1": {"arg_0": "Q:", "arg_1": " b"},
    }
    assert line["resps"] == [[["-3.0", "True"]], [["-0.5", "False"]]]
    assert line["filtered_resps"] == [["-3.0", "True"], ["-0.5", "False"]]


def test_a_whole_text(tmp_path: Path) -> None:
    (line,) = written(tmp_path, logged(RollingLoglikelihood("all of it"), RollingLikelihood(-12.5, 4)))
    assert line["arguments"] == {"gen_args_0": {"arg_0": "all of it"}}
    assert line["resps"] == [["-12.5"]]
    assert line["prompt_hash"] == hashed("all of it")


def test_chat_prompts_are_json(tmp_path: Path) -> None:
    prompt = Prompt((Message("user", (Text("Hi"),)),), chat=True)
    (line,) = written(tmp_path, logged(Generate(prompt), Failure("no answer")))
    (message,) = json.loads(line["arguments"]["gen_args_0"]["arg_0"])
    assert (message["role"], message["content"][0]["text"]) == ("user", "Hi")
    assert line["resps"] == [["[no answer]"]]
    assert line["filtered_resps"] == [""]


def test_pipelines_are_outermost(tmp_path: Path) -> None:
    def both(sample_id: str) -> Sequence[LoggedSample]:
        ask, answer = Generate(Prompt.of("q")), Generation("a")
        return [logged(ask, answer, sample_id=sample_id, pipeline=pipeline) for pipeline in ("strict", "loose")]

    lines = written(tmp_path, *both("test:0"), *both("test:1"))
    assert [(line["filter"], line["doc_id"]) for line in lines] == [
        ("strict", 0),
        ("strict", 1),
        ("loose", 0),
        ("loose", 1),
    ]


@pytest.mark.parametrize(("ids", "doc_ids"), [(["test:7", "test:9"], [7, 9]), (["x", "y"], [0, 1]), (["4"], [4])])
def test_doc_ids(tmp_path: Path, ids: list[str], doc_ids: list[int]) -> None:
    lines = written(tmp_path, *(logged(Generate(Prompt.of("q")), Generation("a"), sample_id=each) for each in ids))
    assert [line["doc_id"] for line in lines] == doc_ids


def test_samples_without_requests_or_responses(tmp_path: Path) -> None:
    sample = Sample("test:0", {})
    (line,) = written(tmp_path, LoggedSample("quiz", sample, SampleScore("test:0", {}), [], [], 0))
    assert (line["arguments"], line["resps"], line["filtered_resps"], line["prompt_hash"]) == ({}, [], [], "")


def test_file_names_are_safe(tmp_path: Path) -> None:
    paths = write_samples(tmp_path, {"dist:a/b|c": []}, lm_eval_layout=True)
    assert paths[1] == tmp_path / f"samples_dist__a__b__c_{tmp_path.name}.jsonl"


def test_images_are_logged_by_reference_and_copied_on_request(tmp_path: Path) -> None:
    file = tmp_path / "a.PNG"
    file.write_bytes(b"pixels")
    images = Image(str(file), "ff"), Image("label", read=lambda: b"others"), Image("gone.png")
    one = logged(Generate(Prompt.of(*images, "q", images[0])), Generation("a"))
    (line,) = written(tmp_path, one)
    assert line["images"] == [{"path": image.path, "digest": image.digest} for image in images]
    assert json.loads((tmp_path / "samples.jsonl").read_text(encoding="utf-8"))["images"] == line["images"]
    assert not (tmp_path / "images").exists()
    copies = write_images(tmp_path, [one, one])
    assert [path.name for path in copies] == ["ff.png", hashed("others")]
    assert [path.read_bytes() for path in copies] == [b"pixels", b"others"]
