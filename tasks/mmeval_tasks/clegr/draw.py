"""A map as a picture. Importing this needs pillow."""

from __future__ import annotations

import math
from collections.abc import Iterator

from PIL import Image, ImageDraw, ImageFont

from mmeval_tasks.clegr.generate import Point
from mmeval_tasks.clegr.graph import Map

_MARGIN, _SCALE, _NAME, _LEGEND, _ROW = 60, 75, 130, 230, 22
_WIDTH, _GAP, _RADIUS = 5, 7, 7
_FILLS = {"olive": "#808000", "cyan": "#00b7c7", "green": "#2a9d3a", "orange": "#f28c28", "pink": "#ff69b4"}
_DASHES = {"solid": (), "dashed": (16, 9), "dashdot": (16, 7, 4, 7), "dotted": (4, 6)}
"""Pixels drawn and left out in turn."""


def draw(world: Map) -> Image.Image:
    """Lines in their colours and strokes, stations with names, and a legend; parallel segments side by side."""
    left, top = min(item.x for item in world.stations), max(item.y for item in world.stations)
    right, bottom = max(item.x for item in world.stations), min(item.y for item in world.stations)
    width = int((right - left) * _SCALE) + 2 * _MARGIN + _NAME + _LEGEND
    height = max(int((top - bottom) * _SCALE), len(world.lines) * _ROW) + 2 * _MARGIN
    picture = Image.new("RGB", (width, height), "white")
    canvas = ImageDraw.Draw(picture)
    at = [(_MARGIN + (item.x - left) * _SCALE, _MARGIN + (top - item.y) * _SCALE) for item in world.stations]
    for a, b in {(min(pair), max(pair)) for pair in world.between}:
        edges = world.between[a, b]
        for place, edge in enumerate(edges):
            start, end = _aside(at[a], at[b], (place - (len(edges) - 1) / 2) * _GAP)
            _stroke(canvas, start, end, edge.line_color, edge.line_stroke)
    _stations(canvas, world, at)
    _legend(canvas, world, width - _LEGEND)
    return picture


def _aside(start: Point, end: Point, offset: float) -> tuple[Point, Point]:
    """The segment moved sideways by `offset` pixels."""
    length = math.dist(start, end) or 1.0
    x, y = (start[1] - end[1]) / length * offset, (end[0] - start[0]) / length * offset
    return (start[0] + x, start[1] + y), (end[0] + x, end[1] + y)


def _stroke(canvas: ImageDraw.ImageDraw, start: Point, end: Point, color: str, stroke: str) -> None:
    for a, b in _dashes(math.dist(start, end), _DASHES[stroke]):
        canvas.line([_along(start, end, a), _along(start, end, b)], fill=_FILLS.get(color, color), width=_WIDTH)


def _dashes(length: float, pattern: tuple[int, ...]) -> Iterator[tuple[float, float]]:
    """The drawn parts of a segment, as shares of its length."""
    if not pattern or not length:
        yield 0.0, 1.0
        return
    position, step = 0.0, 0
    while position < length:
        following = min(position + pattern[step % len(pattern)], length)
        if step % 2 == 0:
            yield position / length, following / length
        position, step = following, step + 1


def _along(start: Point, end: Point, share: float) -> Point:
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def _stations(canvas: ImageDraw.ImageDraw, world: Map, at: list[Point]) -> None:
    font = ImageFont.load_default(13)
    for station, (x, y) in zip(world.stations, at, strict=True):
        canvas.ellipse((x - _RADIUS, y - _RADIUS, x + _RADIUS, y + _RADIUS), fill="white", outline="black", width=2)
        place = (x + _RADIUS + 3, y)
        canvas.text(place, station.name, fill="black", font=font, anchor="lm", stroke_width=2, stroke_fill="white")


def _legend(canvas: ImageDraw.ImageDraw, world: Map, x: float) -> None:
    font = ImageFont.load_default(14)
    for row, line in enumerate(world.lines):
        y = _MARGIN + row * _ROW
        _stroke(canvas, (x, y), (x + 50, y), line.color, line.stroke)
        canvas.text((x + 60, y), line.name, fill="black", font=font, anchor="lm")
