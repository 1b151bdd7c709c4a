"""Requests go to another process whole, images that only this one can read included."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mmeval.engine.replicas.packing import pack, unpack
from mmeval.types import Generate, Graph, Image, Prompt, Request, RequestKey

KEY = RequestKey("t", "1")


def test_a_request_stays_what_it_is() -> None:
    graph = Graph(({"name": "a"},), (), "a")
    request = Request(KEY, Generate(Prompt.of("q", Image("a.png", "00"), graph)), "hash", 7)
    assert unpack(pack([request])) == [request]


def test_what_is_read_here_is_read_once_for_all_and_taken_along() -> None:
    reads = []

    def read() -> bytes:
        reads.append(1)
        return b"x" * 10_000

    request = Request(KEY, Generate(Prompt.of(Image("zip!/a.png", "00", read))), "hash")
    again = Request(KEY, Generate(Prompt.of(Image("zip!/a.png", "00", read))), "hash")
    packed = pack([request, again])
    assert len(reads) == 1
    assert len(packed) < 15_000
    for found in unpack(packed):
        (image,) = found.ask.prompt.parts
        assert isinstance(image, Image)
        assert image == Image("zip!/a.png", "00")
        assert image.read is not None
        assert image.read() == b"x" * 10_000


def test_two_images_without_digests_are_two() -> None:
    images = [Image("a", read=lambda: b"a"), Image("b", read=lambda: b"b")]
    (request,) = unpack(pack([Request(KEY, Generate(Prompt.of(*images)), "hash")]))
    assert [part.read() for part in request.ask.prompt.parts] == [b"a", b"b"]  # type: ignore[union-attr, misc]


def test_what_cannot_be_read_says_so_where_it_is_opened() -> None:
    def read() -> bytes:
        raise OSError("damaged archive")

    (request,) = unpack(pack([Request(KEY, Generate(Prompt.of(Image("zip!/a.png", read=read))), "hash")]))
    (image,) = request.ask.prompt.parts
    with pytest.raises(OSError, match="damaged archive"):
        image.read()  # type: ignore[union-attr, misc]
    assert replace(image).path == "zip!/a.png"  # type: ignore[type-var, union-attr]
