"""Does sharing change the numbers? A small batch of made-up token ids, scored both ways."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from mmeval.local.batches import Budget
from mmeval.local.rows import Row, Score
from mmeval.local.sharing import Sharing, score_rows

_STEM, _QUESTION, _PORTION = 24, 9, 16
_OPTIONS = ((0, 1, 2, 3), (0, 4), (5,), (5, 1, 2), (6, 7, 8))
"""By place in the question's own words; some begin alike."""


def sample_rows(vocabulary: int) -> list[Row]:
    """Two questions behind one stem, with options of several lengths, and a text of which all is scored."""
    rng = random.Random(0)
    stem = tuple(rng.randrange(vocabulary) for _ in range(_STEM))
    rows = [Row(stem[::-1], (stem[-2::-1],))]
    for length in (_QUESTION, _QUESTION - 3):
        words = [rng.randrange(vocabulary) for _ in range(_QUESTION)]
        options = (tuple(words[place] for place in places) for places in _OPTIONS)
        rows += [Row(stem + tuple(words[:length]) + option[:-1], (option,)) for option in options]
    return rows


def disagreement(expected: Mapping[Row, Sequence[Score]], sharing: Sharing) -> float:
    """The largest difference (nats, of whole targets) from the plain scores; relative where a target has over 100."""
    portion = sharing.tree_tokens or _PORTION  # without trees, so small that trunks are read in several
    budget = Budget(portion, cache=sharing.cache_tokens)
    found = score_rows(list(expected), lambda rows: [expected[row] for row in rows], sharing, budget)
    return max(
        _apart(ours, theirs) for row, scores in found for ours, theirs in zip(scores or (), expected[row], strict=True)
    )


def _apart(ours: Score, theirs: Score) -> float:
    return abs(ours.logprob - theirs.logprob) / max(1.0, abs(theirs.logprob) / 100)
