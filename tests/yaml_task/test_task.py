"""A task file as a task: samples, requests, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from mmeval.errors import SpecError, UsageError
from mmeval.types import Generate, Loglikelihood, Prompt, RollingLoglikelihood
from mmeval.yaml_task.load import TaskOptions, load_task
from tests.yaml_task.folders import CHOICE, DOCS, GENERATE, make_task, write_rows

ROOT = Path(__file__).resolve().parents[2]


def test_samples_are_named_by_split_and_row(tmp_path: Path) -> None:
    task = make_task(tmp_path, CHOICE)
    samples = list(task.samples())
    assert [sample.sample_id for sample in samples] == ["test:0", "test:1"]
    assert [sample.target for sample in samples] == [1, 2]
    assert task.size() == 2


def test_choices_are_one_request(tmp_path: Path) -> None:
    task = make_task(tmp_path, CHOICE)
    (ask,) = task.requests(next(task.samples()))
    assert ask == Loglikelihood(Prompt.of("Q0?"), ("a0", "bb", "ccc"), " ", "")


@pytest.mark.parametrize(("prefix", "chat_delimiter"), [('"So:"', " "), ('"So: "', ""), ("q", " ")])
def test_under_a_chat_template_a_prefill_keeps_the_delimiter(tmp_path: Path, prefix: str, chat_delimiter: str) -> None:
    task = make_task(tmp_path, CHOICE + f"gen_prefix: {prefix}\n")
    (ask,) = task.requests(next(task.samples()))
    assert isinstance(ask, Loglikelihood)
    assert (ask.delimiter, ask.chat_delimiter) == (" ", chat_delimiter)


def test_mutual_information_asks_for_the_choices_alone(tmp_path: Path) -> None:
    task = make_task(tmp_path, CHOICE + "metric_list: [{metric: acc_mutual_info}]\n")
    _, alone = task.requests(next(task.samples()))
    assert alone == Loglikelihood(Prompt(()), ("a0", "bb", "ccc"), " ", "")


def test_generation_arguments_of_the_run_override_the_file(tmp_path: Path) -> None:
    keys = GENERATE + "generation_kwargs: {max_gen_toks: 5, until: [x]}\n"
    task = make_task(tmp_path, keys, options=TaskOptions(gen_kwargs={"max_gen_toks": 9, "top_p": 0.5}))
    (ask,) = task.requests(next(task.samples()))
    assert ask == Generate(Prompt.of("Q0?"), 9, ("x",), 0.0, {"top_p": 0.5})


def test_without_generation_arguments_the_few_shot_delimiter_stops(tmp_path: Path) -> None:
    (ask,) = make_task(tmp_path, GENERATE).requests(next(make_task(tmp_path, GENERATE).samples()))
    assert ask == Generate(Prompt.of("Q0?"), 256, ("\n\n",))


def test_likelihoods_of_one_target_take_no_delimiter(tmp_path: Path) -> None:
    task = make_task(tmp_path, "output_type: loglikelihood\ndoc_to_text: q\ndoc_to_target: ' {{answer}}'\n")
    assert task.requests(next(task.samples())) == [Loglikelihood(Prompt.of("Q0"), (" bb",))]


def test_rolling_likelihoods_are_of_the_target(tmp_path: Path) -> None:
    task = make_task(
        tmp_path,
        "output_type: loglikelihood_rolling\ndoc_to_text: ''\ndoc_to_target: '{{q}} {{answer}}'\n",
    )
    assert task.requests(next(task.samples())) == [RollingLoglikelihood("Q0 bb")]


@pytest.mark.parametrize(
    ("own", "asked", "shots"), [(None, None, 0), (None, 2, 2), (3, None, 3), (3, 2, 2), (3, 0, 0), (0, 2, 0)]
)
def test_number_of_examples(tmp_path: Path, own: int | None, asked: int | None, shots: int) -> None:
    keys = CHOICE + (f"num_fewshot: {own}\n" if own is not None else "")
    assert make_task(tmp_path, keys, options=TaskOptions(num_fewshot=asked)).num_fewshot == shots


def test_examples_from_inline_samples(tmp_path: Path) -> None:
    keys = CHOICE + "fewshot_config: {sampler: first_n, samples: [{q: E, opts: [x, y], gold: 0}]}\nnum_fewshot: 1\n"
    task = make_task(tmp_path, keys)
    (ask,) = task.requests(next(task.samples()))
    assert ask.prompt.text == "E? x\n\nQ0?"


def test_too_few_examples(tmp_path: Path) -> None:
    keys = CHOICE + "fewshot_config: {sampler: first_n, samples: [{q: E, opts: [x], gold: 0}]}\nnum_fewshot: 2\n"
    task = make_task(tmp_path, keys)
    with pytest.raises(SpecError, match="few-shot: 2 examples are asked for, and the pool has 1"):
        task.requests(next(task.samples()))


def test_given_rows_without_a_pool_lend_examples(tmp_path: Path) -> None:
    rows = write_rows(tmp_path / "given.jsonl", DOCS)
    options = TaskOptions(num_fewshot=1, dataset_override={"t": str(rows)})
    task = make_task(tmp_path, CHOICE + "fewshot_split: train\n", options=options)
    prompts = [task.requests(sample)[0].prompt.text for sample in task.samples()]
    assert prompts == ["Q1? ccc\n\nQ0?", "Q0? bb\n\nQ1?"]
    assert task.config()["fewshot_from_test"] is True


def test_the_configuration_names_functions_and_pins_data(tmp_path: Path) -> None:
    keys = GENERATE.replace('"{{q}}?"', "!function helper.text")
    (tmp_path / "helper.py").write_text("def text(doc): return doc['q']\n", encoding="utf-8")
    task = make_task(tmp_path, keys + "doc_to_image: null\nmetadata: {version: 2.5}\n")
    config = task.config()
    assert task.version == 2.5
    assert config["doc_to_text"] == "!function helper.text"
    assert config["data"]["rows"] == {"test": 2}
    assert config["generation_kwargs"]["until"] == ["\n\n"]
    assert "doc_to_image" not in config


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ("doc_to_text: q\n", "the key 'doc_to_target' is missing"),
        (CHOICE + "doc_to_audio: x\n", "the key 'doc_to_audio' is not supported"),
        (CHOICE + "use_prompt: a:b\n", "the key 'use_prompt' is not supported"),
        (CHOICE + "unsafe_code: true\n", "it runs code that a model wrote"),
        (CHOICE + "metric_list: [{metric: akk}]\n", "unknown metric 'akk'"),
        (CHOICE + "metric_list: [{metric: acc, aggregation: men}]\n", "unknown aggregation 'men'"),
        (GENERATE + "metric_list: [{metric: exact_match, ignore_cas: true}]\n", "no option 'ignore_cas'"),
        (CHOICE + "doc_to_texts: q\n", "unknown key 'doc_to_texts'"),
    ],
)
def test_what_construction_refuses(tmp_path: Path, keys: str, problem: str) -> None:
    with pytest.raises(SpecError, match=problem):
        make_task(tmp_path, keys)


def test_a_name_near_to_a_metric_may_be_one_of_the_library_evaluate(tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        make_task(tmp_path, GENERATE + "metric_list: [{metric: wer}]\n")
    assert caught.value.hint == "did you mean ter? (a metric of the library evaluate needs --trust_remote_code)"


@pytest.mark.parametrize(
    ("keys", "problem", "line"),
    [
        ("output_type: multiple_choice\ndoc_to_text: q\ndoc_to_target: gold\n", "needs doc_to_choice", 4),
        ("output_type: multiple_choice\ndoc_to_text: q\ndoc_to_target: gold\ndoc_to_choice: gold\n", "not a list", 7),
        ("output_type: multiple_choice\ndoc_to_text: q\ndoc_to_target: gold\ndoc_to_choice: []\n", "not a list", 7),
        ("doc_to_text: gold\ndoc_to_target: q\n", "doc_to_text gives 1, not text", 4),
        ("doc_to_text: '{{qq}}'\ndoc_to_target: q\n", "uses the field 'qq'", 4),
        ("output_type: loglikelihood\ndoc_to_text: q\ndoc_to_target: gold\n", "doc_to_target gives 1, not text", 6),
        (GENERATE + "generation_kwargs: {max_gen_toks: many}\n", "max_gen_toks: 'many' is not a number", None),
        (GENERATE + "description: opts\n", r"description gives \['a0', 'bb', 'ccc'\], not text", 6),
        (GENERATE + "gen_prefix: gold\n", "gen_prefix gives 1, not text", 6),
        (
            GENERATE + "num_fewshot: 1\nfewshot_config: {samples: !function helper.samples}\n",
            "samples: expected a list of documents",
            7,
        ),
    ],
)
def test_what_shows_with_the_data(tmp_path: Path, keys: str, problem: str, line: int | None) -> None:
    (tmp_path / "helper.py").write_text("def samples():\n    return [3]\n", encoding="utf-8")
    task = make_task(tmp_path, keys)
    with pytest.raises(SpecError, match=problem) as caught:
        task.requests(next(task.samples()))
    assert line is None or caught.value.line == line


def test_an_empty_data_set(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"rows\.jsonl: task 't': it has no rows"):
        list(make_task(tmp_path, CHOICE, rows=[]).samples())


def test_a_split_that_the_data_lack(tmp_path: Path) -> None:
    write_rows(tmp_path / "rows.jsonl", DOCS)
    file = tmp_path / "t.yaml"
    data = "dataset_path: json\ndataset_kwargs: {data_files: {tests: rows.jsonl}}\n"
    file.write_text(f"task: t\n{data}test_split: test\ndoc_to_text: q\ndoc_to_target: answer\n", encoding="utf-8")
    with pytest.raises(SpecError, match=r":4: task 't': the data has no split 'test'") as caught:
        list(load_task(file).samples())
    assert caught.value.hint == "did you mean 'tests'?"


def test_a_yaml_task_takes_no_arguments(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="takes no argument 'seed'"):
        make_task(tmp_path, CHOICE, options=TaskOptions(task_args={"t": {"seed": 1}}))


def test_the_example_runs_on_the_reference_rows(shared: Path) -> None:
    rows = shared / "data" / "domains" / "medmcqa.jsonl"
    task = load_task(ROOT / "examples" / "medmcqa.yaml", TaskOptions(dataset_override={"medmcqa": str(rows)}))
    samples = list(task.samples())
    (ask,) = task.requests(samples[0])
    assert len(samples) == 20
    assert samples[0].sample_id == "validation:0"
    assert ask.prompt.text.startswith("Question: Which vitamin deficiency causes scurvy?\nChoices:\nA. Vitamin A\n")
    assert {sample.target for sample in samples} <= {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("source", "warnings"),
    [("", 1), ("fewshot_split: test\n", 0), ("fewshot_config: {samples: [{q: E, opts: [x], gold: 0}]}\n", 0)],
)
def test_a_document_that_can_be_its_own_example_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, source: str, warnings: int
) -> None:
    task = make_task(tmp_path, CHOICE + source + "num_fewshot: 1\n")
    task.requests(next(task.samples()))
    assert caplog.text.count("can be its own few-shot example") == warnings


def test_indices_of_examples_are_told_to_be_inert(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    task = make_task(tmp_path, CHOICE + "fewshot_split: test\nfewshot_config: {fewshot_indices: [0]}\nnum_fewshot: 1\n")
    task.requests(next(task.samples()))
    assert "fewshot_indices has no effect" in caplog.text


SAMPLER = """
from lm_eval.api.samplers import ContextSampler, FirstNSampler

class Last(ContextSampler):
    def sample(self, n, eval_doc=None, **kwargs):
        return self.rm_eval_doc(eval_doc, self.df[::-1], n)

class Drawn(ContextSampler):
    pass

class First(FirstNSampler):
    pass

class Broken(ContextSampler):
    def sample(self, n, eval_doc=None, **kwargs):
        raise ValueError("no")
"""


@pytest.mark.parametrize(
    ("own", "like"), [("!function helper.Drawn", "default"), ("!function helper.First", "first_n")]
)
@pytest.mark.parametrize("pool", ["fewshot_split: test\n", ""], ids=["excluding", "with itself"])
def test_a_sampler_class_of_the_task(tmp_path: Path, own: str, like: str, pool: str) -> None:
    (tmp_path / "helper.py").write_text(SAMPLER, encoding="utf-8")
    rows = [{**DOCS[0], "q": f"Q{number}"} for number in (0, 1, 2, 3, 3)]
    prompts = []
    for sampler in (own, like):
        keys = f"{CHOICE}num_fewshot: 2\n{pool}fewshot_config: {{sampler: {sampler}}}\n"
        task = make_task(tmp_path, keys, rows)
        prompts.append([task.requests(sample) for sample in task.samples()])
    assert prompts[0] == prompts[1]


def test_a_sampler_may_choose_as_it_likes(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text(SAMPLER, encoding="utf-8")
    keys = f"{CHOICE}num_fewshot: 1\nfewshot_split: test\n"
    task = make_task(tmp_path, keys + "fewshot_config: {sampler: !function helper.Last}\n")
    texts = [task.requests(sample)[0].prompt.text for sample in task.samples()]
    assert texts == ["Q1? ccc\n\nQ0?", "Q0? bb\n\nQ1?"]
    broken = make_task(tmp_path, keys + "fewshot_config: {sampler: !function helper.Broken}\n")
    with pytest.raises(SpecError, match="sampler: ValueError: no"):
        broken.requests(next(iter(broken.samples())))
