"""What several conformance classes check the same way."""

from __future__ import annotations

import json

from mmeval.serialize import to_json


def check_json(value: object, label: str) -> None:
    """Raise AssertionError, with `label`, where `value` has no JSON form."""
    try:
        json.dumps(to_json(value))
    except (TypeError, ValueError) as error:
        raise AssertionError(f"{label} must be JSON-able: {error}") from error
