"""Word search: the path of a word through a grid of letters (facts sheet, 6.2)."""

from __future__ import annotations

import random
import string
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, TypeAlias

from mmeval.types import Sample
from mmeval_tasks.longreasonarena.boxes import BoxedStructureTask

STATEMENT = (
    "Given an m x n grid of characters board and a string word, return the list of positions that form the word in "
    "order if word exists in the grid. If the word does not exist, return an empty list.\n"
    "The word can be constructed from letters of sequentially adjacent cells, where adjacent cells are horizontally or "
    "vertically neighboring. The same letter cell may not be used more than once."
)
LENGTHS = (5, 7, 10, 12, 15, 17, 20)
REPEATS = 50
SIZE = 20
BRANCHES = 5
SEED = 42

Cell: TypeAlias = tuple[int, int]
Board: TypeAlias = Sequence[Sequence[str]]

_STEPS = ((0, 1), (1, 0), (0, -1), (-1, 0))


def instances() -> Iterator[dict[str, Any]]:
    """All 350 instances, repeats outside and word lengths inside; the same in every run.

    The authors' own grids differ from run to run, since they draw fillers from a set; here its order is the alphabet's.
    """
    draw = random.Random(SEED)
    for _ in range(REPEATS):
        base = "".join(draw.choices(string.ascii_uppercase, k=max(LENGTHS)))
        for length in LENGTHS:
            word = base[:length]
            yield {"problem": STATEMENT, "input": {"board": _board(draw, word), "word": word}}


def _board(draw: random.Random, word: str) -> list[list[str]]:
    layers = _layers(draw, len(word))
    filler = sorted(set(string.ascii_uppercase) - set(word))
    return [
        [word[layers[row, column] - 1] if (row, column) in layers else draw.choice(filler) for column in range(SIZE)]
        for row in range(SIZE)
    ]


def _layers(draw: random.Random, length: int) -> dict[Cell, int]:
    """The layer of each cell that holds a letter of the word: branches that grow from random starts."""
    current = [(draw.randint(0, SIZE - 1), draw.randint(0, SIZE - 1)) for _ in range(BRANCHES)]
    layers = dict.fromkeys(current, 1)
    for layer in range(2, length + 1):
        current = _grown(draw, current, layers, 1 if layer == length else BRANCHES)
        layers |= dict.fromkeys(current, layer)
    return layers


def _grown(draw: random.Random, cells: list[Cell], taken: Mapping[Cell, int], wanted: int) -> list[Cell]:
    """Up to `wanted` free neighbours of `cells`, met in random order."""
    found: list[Cell] = []
    draw.shuffle(cells)
    for row, column in cells:
        steps = list(_STEPS)
        draw.shuffle(steps)
        for down, right in steps:
            cell = (row + down, column + right)
            if len(found) < wanted and _inside(cell) and cell not in taken and cell not in found:
                found.append(cell)
    return found


def _inside(cell: Cell) -> bool:
    return 0 <= cell[0] < SIZE and 0 <= cell[1] < SIZE


def solvable(board: Board, word: str) -> bool:
    """Whether some path of distinct adjacent cells spells `word`."""
    rows, columns = len(board), len(board[0]) if board else 0
    stack: list[tuple[Cell, ...]] = [
        ((row, column),) for row in range(rows) for column in range(columns) if board[row][column] == word[0]
    ]
    while stack:
        path = stack.pop()
        if len(path) == len(word):
            return True
        row, column = path[-1]
        for down, right in _STEPS:
            cell = (row + down, column + right)
            inside = 0 <= cell[0] < rows and 0 <= cell[1] < columns
            if inside and cell not in path and board[cell[0]][cell[1]] == word[len(path)]:
                stack.append((*path, cell))
    return False


class Backtracking(BoxedStructureTask):
    """The positions of a word of 5 to 20 letters in a grid of 20 x 20."""

    slices = ("word_length",)
    inputs = frozenset({"board", "word"})

    def samples(self) -> Iterator[Sample]:
        for index, row in enumerate(self.rows):
            doc = {"problem": row["problem"], "input": row["input"]}
            yield Sample(f"backtracking:{index}", doc, None, {"word_length": len(row["input"]["word"])})

    def instances(self) -> Iterator[Mapping[str, Any]]:
        return instances()

    def right(self, answer: Any, doc: Mapping[str, Any]) -> bool:
        board, word = doc["input"]["board"], doc["input"]["word"]
        path = [tuple(cell) for cell in answer]
        if not path:
            return isinstance(answer, list | tuple) and not solvable(board, word)
        return (
            all(len(cell) == 2 and all(type(place) is int for place in cell) for cell in path)
            and len(set(path)) == len(path) == len(word)
            and all(0 <= row < len(board) and 0 <= column < len(board[row]) for row, column in path)
            and all(board[row][column] == letter for (row, column), letter in zip(path, word, strict=True))
            and all(abs(a - c) + abs(b - d) == 1 for (a, b), (c, d) in pairwise(path))
        )

    def officially_right(self, answer: Any, doc: Mapping[str, Any]) -> bool:
        board, word = doc["input"]["board"], doc["input"]["word"]
        if len(answer) != len(word):
            return False
        return all(board[cell[0]][cell[1]] == letter for cell, letter in zip(answer, word, strict=True))
