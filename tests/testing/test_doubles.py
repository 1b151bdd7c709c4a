from __future__ import annotations

from mmeval.testing import ListTask, ScriptedModel
from mmeval.testing.asking import addressed
from mmeval.types import Ask, Failure, Generate, Generation, Likelihoods, Loglikelihood, Prompt, RollingLikelihood


def test_a_script_answers_by_the_prompt_or_by_a_function() -> None:
    asks: list[Ask] = [
        Generate(Prompt.of("a")),
        Loglikelihood(Prompt.of("b"), ("x", "y"), " "),
        Generate(Prompt.of("c")),
    ]
    written = ScriptedModel({"a": "one", "b": "y"})
    assert [response for _, response in written.answer(addressed(asks))] == [
        Generation("one"),
        Likelihoods((-9.0, -1.0), (False, True)),
        Failure("the script has no answer to this prompt"),
    ]
    computed = ScriptedModel(lambda ask: RollingLikelihood(-1.0))
    assert [response for _, response in computed.answer(addressed(asks[:1]))] == [RollingLikelihood(-1.0)]


def test_a_script_remembers_what_it_was_asked() -> None:
    model = ScriptedModel({})
    requests = addressed([Generate(Prompt.of("a")), Generate(Prompt.of("b"), temperature=1.0)])
    assert len(list(model.answer(requests))) == 2
    assert model.asked == requests
    assert [request.seed is None for request in model.asked] == [True, False]


def test_a_list_is_a_task_of_generations_or_of_choices() -> None:
    task = ListTask([("2 + 2 =", "4"), ("3 + 3 =", "6")])
    sample, other = task.samples()
    assert (sample.sample_id, other.target, task.size()) == ("test:0", "6", 2)
    assert task.requests(sample) == [Generate(Prompt.of("2 + 2 ="), max_tokens=32)]
    assert [task.score(sample, [Generation(text)]).values["acc"] for text in (" 4\n", "5")] == [1.0, 0.0]
    choices = ListTask(task.pairs, choices=("4", "6"))
    assert choices.requests(sample) == [Loglikelihood(Prompt.of("2 + 2 ="), ("4", "6"), " ")]
    assert choices.score(sample, [Likelihoods((-1.0, -2.0), (True, False))]).answer == "4"
