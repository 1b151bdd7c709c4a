"""TokenModel, on a model of characters: planning, sharing, truncation, batches, memory."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from mmeval.errors import UnknownNameError, UsageError
from mmeval.local import count_tokens
from mmeval.types import (
    Ask,
    Failure,
    Generate,
    Generation,
    Likelihoods,
    Loglikelihood,
    Message,
    Prompt,
    Represent,
    Request,
    RequestKey,
    Response,
    RollingLikelihood,
    RollingLoglikelihood,
    Text,
)
from tests.local.doubles import BOS, CharModel, CharTokenizer, char_score, request


def answer(ask: Ask, model: CharModel | None = None) -> Response:
    [(key, response)] = (model or CharModel()).answer([request(ask)])
    assert key == RequestKey("task", "s")
    return response


def mixed(count: int) -> list[Request]:
    """Requests of all kinds with shared contexts, in many lengths; some are cut, some cannot be answered."""
    rng = random.Random(5)
    requests: list[Request] = []
    for row in range(count):
        text = rng.choice("abc") * rng.randint(0, 90)
        asks = (
            Loglikelihood(
                Prompt.of(text), tuple(" " + word for word in ("x", "y", "yes", "w" * 20)[: rng.randint(0, 4)])
            ),
            Loglikelihood(Prompt.of(text), ("k" * 70,)),
            RollingLoglikelihood(text),
            Generate(Prompt.of(text), max_tokens=rng.randint(1, 70), stop=("e", "rs")),
        )
        requests.append(request(rng.choice(asks), row))
    return requests


def test_likelihoods_of_continuations():
    context, options = (97, 98), [(99,), (100, 101)]
    scores = [char_score((*context, *option), len(option)) for option in options]
    expected = Likelihoods(
        tuple(score.logprob for score in scores),
        tuple(score.greedy for score in scores),
        prompt_tokens=2,
        tokens=3,
        lengths=(1, 2),
    )
    assert answer(Loglikelihood(Prompt.of("ab"), ("c", "de"))) == expected


def test_one_token_options_cost_one_row():
    model = CharModel()
    answer(Loglikelihood(Prompt.of("Question?"), (" A", " B", " C", " D", " AB")), model)
    [batch] = model.batches
    assert {(row.ids[-1], len(row.targets)) for row in batch} == {(ord(" "), 4), (ord("A"), 1)}


def test_a_whole_text_in_windows():
    text = "abcdefghijkl"
    ids = tuple(map(ord, text))
    windows = [((BOS,), ids[:8]), (ids[3:8], ids[8:])]
    expected = sum(char_score(context + predicted, len(predicted)).logprob for context, predicted in windows)
    assert answer(RollingLoglikelihood(text), CharModel(max_length=8)) == RollingLikelihood(pytest.approx(expected), 12)


def test_whole_texts_in_half_windows():
    text = "abcdefghijkl"
    ids = tuple(map(ord, text))
    model = CharModel(max_length=8)
    expected = char_score((BOS, *ids[:8]), 8).logprob + char_score(ids[3:], 4).logprob
    assert answer(RollingLoglikelihood(text, stride="half"), model) == RollingLikelihood(pytest.approx(expected), 12)
    longer = text + "mno"
    ids = tuple(map(ord, longer))
    expected += char_score(ids[6:], 3).logprob
    assert answer(RollingLoglikelihood(longer, stride="half"), model).logprob == pytest.approx(expected)


def test_nothing_to_score():
    assert answer(RollingLoglikelihood("")) == RollingLikelihood(0.0, 0)
    assert answer(Loglikelihood(Prompt.of("q"), ())) == Likelihoods((), (), prompt_tokens=0, tokens=0)


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        (Generate(Prompt.of("tuv")), Generation("wxyz", "stop", prompt_tokens=3, tokens=5)),
        (Generate(Prompt.of("a"), max_tokens=3), Generation("bcd", "length", prompt_tokens=1, tokens=3)),
        (Generate(Prompt.of("a"), stop=("d", "c")), Generation("b", "stop", prompt_tokens=1, tokens=2)),
        (Generate(Prompt.of("a"), stop=("de",)), Generation("bc", "stop", prompt_tokens=1, tokens=4)),
        (Generate(Prompt.of("z")), Generation("", "stop", prompt_tokens=1, tokens=1)),
        (Generate(Prompt.of(""), max_tokens=1), Generation("", "stop", prompt_tokens=1, tokens=1)),
    ],
)
def test_generation(ask: Generate, expected: Generation):
    assert answer(ask, CharModel(max_length=300)) == expected


def test_long_prompts_are_cut_from_the_left_and_counted():
    model = CharModel(max_length=8)
    assert answer(Generate(Prompt.of("abcdefghij"), max_tokens=3), model) == Generation(
        "klm", "length", 5, 3, truncated=5
    )
    likelihoods = answer(Loglikelihood(Prompt.of("abcdefghij"), ("k", "klm")), model)
    short = [char_score(tuple(map(ord, text)), count) for text, count in (("cdefghijk", 1), ("efghijklm", 3))]
    assert likelihoods == Likelihoods(
        tuple(s.logprob for s in short), tuple(s.greedy for s in short), 8, 4, truncated=4, lengths=(1, 3)
    )


@pytest.mark.parametrize(
    ("prompt", "budget", "expected"),
    [
        ("abcde", 100, Generation("fgh", "length", 5, 3)),
        ("abcde", 2, Generation("fg", "length", 5, 2)),
        ("abcdefg", 8, Generation("h", "length", 7, 1)),
        ("abcdefgh", 3, Generation("", "length", 8, 0)),
    ],
)
def test_a_prompt_may_be_kept_and_the_budget_shrinks(prompt: str, budget: int, expected: Generation):
    ask = Generate(Prompt.of(prompt), max_tokens=budget, keep_prompt=True)
    assert answer(ask, CharModel(max_length=8)) == expected


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        (Loglikelihood(Prompt.of("q"), ("a", "b" * 9)), "the continuation has 9 tokens, the model reads 8"),
        (Loglikelihood(Prompt.of("q"), ("",)), "the continuation has no tokens of its own"),
        (Loglikelihood(Prompt.of(" "), ("a",)), "the context has no tokens"),
        (Generate(Prompt.of("q"), max_tokens=8), "8 new tokens leave no room in a context of 8"),
        (Generate(Prompt.of("q"), max_tokens=0), "0 new tokens leave no room in a context of 8"),
        (Represent((Prompt.of("q"),), (0,), (0,)), "this model does not answer Represent"),
    ],
)
def test_what_cannot_be_answered_fails_by_itself(ask: Ask, error: str):
    model = CharModel(max_length=8)
    fine = request(Generate(Prompt.of("q"), max_tokens=1), "fine")
    answers = dict(model.answer([fine, request(ask), fine]))
    assert answers == {fine.key: Generation("r", "length", 1, 1), RequestKey("task", "s"): Failure(error)}


def test_chat_prompts_get_no_second_bos():
    model = CharModel(CharTokenizer(adds_bos=True))
    prompt = Prompt((Message("user", (Text("hi"),)),), chat=True)
    answer(Generate(prompt, max_tokens=1), model)
    answer(Loglikelihood(prompt, ("x",)), model)
    for [row] in model.batches:
        assert row.ids == (BOS, *map(ord, "<user>hi</><assistant>"))
    assert count_tokens([prompt, Prompt.of("ab")], CharTokenizer(adds_bos=True)) == [23, 3]


def test_a_template_that_refuses_fails_its_request_only():
    refused = Prompt((Message("user", (Text("refuse"),)),), chat=True)
    assert answer(Generate(refused)) == Failure("the chat template refuses the messages: refused")
    with pytest.raises(UsageError, match="the chat template refuses the messages: refused"):
        count_tokens([refused], CharTokenizer())


def test_unknown_generation_options_end_the_run_before_it_starts():
    model = CharModel()
    requests = [request(Generate(Prompt.of("a")), 1), request(Generate(Prompt.of("a"), options={"topp": 0.5}), 2)]
    with pytest.raises(UnknownNameError, match="unknown generation option 'topp'") as caught:
        list(model.answer(requests))
    assert caught.value.hint == "did you mean top_p?"
    assert model.batches == []
    answer(Generate(Prompt.of("a"), options={"top_p": 0.5}), model)


@pytest.mark.parametrize(
    ("token_budget", "batch_size"), [(1, None), (200, None), (5_000, None), (5_000, 1), (300, "3")]
)
def test_answers_do_not_depend_on_batches(token_budget: int, batch_size: int | str | None):
    requests = mixed(120)
    alone = {one.key: response for one in requests for _, response in CharModel().answer([one])}
    model = CharModel(token_budget=token_budget, batch_size=batch_size)
    shuffled = random.Random(2).sample(requests, len(requests))
    answers = list(model.answer(iter(shuffled)))
    assert len(answers) == len(requests)
    assert dict(answers) == alone
    assert {type(response) for _, response in answers} == {Failure, Generation, Likelihoods, RollingLikelihood}
    assert all(len(batch) == 1 for batch in model.batches) == (token_budget == 1 or batch_size == 1)


@pytest.mark.parametrize("shares", [False, True])
@pytest.mark.parametrize("memory", [64, 100, 300])
def test_out_of_memory_changes_no_answer(memory: int, shares: bool):
    requests = mixed(60)
    assert dict(CharModel(memory=memory, shares=shares).answer(requests)) == dict(CharModel().answer(requests))


@pytest.mark.parametrize(("token_budget", "batch_size"), [(1, None), (30, None), (5_000, None), (300, "3")])
@pytest.mark.parametrize(("share_up_to", "reach"), [(20, 20), (20, 40), (1000, 1000)])
def test_sharing_changes_no_answer(token_budget: int, batch_size: int | str | None, share_up_to: int, reach: int):
    requests = mixed(120)
    model = CharModel(
        token_budget=token_budget, batch_size=batch_size, shares=True, share_up_to=share_up_to, reach=reach
    )
    assert dict(model.answer(requests)) == dict(CharModel().answer(requests))
    assert model.sharing is not None
    trees = [tree for batch in model.sharing.batches for tree in batch]
    longest = max(len(row.ids) for tree in trees for row in tree.rows)
    assert min(reach, 64) - 3 < longest <= reach
    assert any(tree.start for tree in trees) or reach == 20, "so short that no trunk pays"


def test_what_is_shared_is_read_once():
    examples, model = "".join(map(chr, range(100, 160))), CharModel(max_length=100, shares=True)
    requests = [
        request(Loglikelihood(Prompt.of(f"{examples}{row:02}?"), ("yes", "no", "maybe")), row) for row in range(30)
    ]
    assert len(dict(model.answer(requests))) == 30
    assert model.sharing is not None
    own = len("dd?yenomayb")
    assert model.sharing.read <= len(examples) + 30 * own
    assert model.sharing.read >= len(examples) + 30 * (own - 2)
    assert model.batches == []


def test_what_fits_no_memory_is_a_failure():
    model = CharModel(memory=10)
    long, short = (
        request(Loglikelihood(Prompt.of("a" * 20), ("b", "cd")), "long"),
        request(RollingLoglikelihood("a"), "ok"),
    )
    writing = request(Generate(Prompt.of("a" * 5), max_tokens=6), "writing")
    answers = dict(model.answer([long, writing, short]))
    assert answers[long.key] == Failure("a row of 21 tokens does not fit into memory")
    assert answers[writing.key] == Failure("a row of 11 tokens does not fit into memory")
    assert answers[short.key] == RollingLikelihood(char_score((BOS, 97), 1).logprob, 1)


def test_requests_are_read_as_they_are_needed():
    taken = 0

    def asked(count: int) -> Iterator[Request]:
        nonlocal taken
        for number in range(count):
            taken += 1
            yield request(RollingLoglikelihood(f"{number:05}"), number)

    class Narrow(CharModel):
        window_tokens = 5000

    stream = Narrow().answer(asked(10_000))
    first = next(stream)
    assert taken <= 3 * 1024, "a window, and a larger one ahead"
    answers = dict([first, *stream])
    assert taken == len(answers) == 10_000
    assert answers[RequestKey("task", "7777")] == answer(RollingLoglikelihood("07777"))


def test_an_error_while_tokenizing_ahead_is_not_lost():
    def asked() -> Iterator[Request]:
        for number in range(3000):
            yield request(RollingLoglikelihood(f"{number}"), number)
        raise ZeroDivisionError

    answers = []
    with pytest.raises(ZeroDivisionError):
        answers += CharModel().answer(asked())


def test_longest_first_and_streamed():
    model = CharModel(token_budget=20)
    stream = model.answer([request(RollingLoglikelihood("a" * length), length) for length in (3, 12, 9, 4)])
    assert next(stream)[0].sample_id == "12"
    assert len(model.batches) == 1
    assert [key.sample_id for key, _ in stream] == ["9", "4", "3"]
    assert [len(row.ids) for batch in model.batches for row in batch] == [12, 9, 4, 3]
