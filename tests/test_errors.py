from __future__ import annotations

import pytest

from mmeval import errors


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.MmevalError, 1),
        (errors.UsageError, 2),
        (errors.PluginError, 2),
        (errors.MissingRequirementError, 3),
        (errors.IncompleteRunError, 4),
    ],
)
def test_exit_codes(kind: type[errors.MmevalError], code: int) -> None:
    error = kind("what", hint="do this")
    assert (str(error), error.hint, error.exit_code) == ("what", "do this", code)


def test_an_unknown_name_answers_with_the_nearest() -> None:
    error = errors.UnknownNameError("task", "clegr_fact", ["clegr_facts", "clegr_reasoning", "mmlu"])
    assert str(error) == "unknown task 'clegr_fact'"
    assert error.hint == "did you mean clegr_facts?"
    assert errors.UnknownNameError("task", "zzz", ["mmlu"], hint="see: ls").hint == "see: ls"


def test_a_file_error_reads_like_a_compilers() -> None:
    assert str(errors.SpecError("bad key", file="a/b.yaml", line=3)) == "a/b.yaml:3: bad key"
    assert str(errors.SpecError("empty", file="a/b.yaml")) == "a/b.yaml: empty"


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    for name, kind in vars(errors).items():
        if isinstance(kind, type) and issubclass(kind, errors.MmevalError):
            assert f"{name} " in (errors.__doc__ or "") + " "
