"""Why a request has no answer (yet)."""

from __future__ import annotations


class Unanswered(Exception):  # noqa: N818  a value on its way to a Failure, not an error of the program
    """The request has no answer, for good. `skip` marks one that could not even be asked."""

    def __init__(self, reason: str, *, skip: bool = False) -> None:
        super().__init__(" ".join(reason.split()))
        self.skip = skip


class TryAgain(Exception):  # noqa: N818
    """An attempt failed; another may not. `after` is the server's Retry-After in seconds.

    `unreachable` says that no server was there at all.
    """

    def __init__(self, reason: str, *, after: float | None = None, unreachable: bool = False) -> None:
        super().__init__(" ".join(reason.split()))
        self.after, self.unreachable = after, unreachable
