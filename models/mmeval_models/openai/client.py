"""One JSON request after another to one server: bounded, timed, tried again, with every failure named."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import httpx
import tenacity

from mmeval.errors import IncompleteRunError, MmevalError, UsageError
from mmeval.types import Timing
from mmeval_models.openai.answers import Reply
from mmeval_models.openai.failures import TryAgain, Unanswered
from mmeval_models.openai.limit import AdaptiveLimit
from mmeval_models.openai.server import Sending, Server
from mmeval_models.openai.streaming import EVENTS, Assembly, events

T = TypeVar("T")

OVERLOADED = frozenset({429, 503, 529})
TRANSIENT = frozenset({408, 409, 425, 500, 502, 504}) | OVERLOADED
WRONG_SETUP = frozenset({301, 302, 307, 308, 401, 403, 404, 405})
"""Before the first answer these mean that address, model or key are wrong, for all requests alike."""
LONGEST_WAIT, LONGEST_BACKOFF = 300.0, 60.0
CONNECT_TIMEOUT = 20.0
OUTAGE = 20
"""So many requests in a row, each tried to the end, that find no server: the run stops, to be resumed."""
_SHOWN = 300


class Client:
    """Sends JSON to `server`, fewer requests at once where it cannot keep up."""

    def __init__(self, server: Server, sending: Sending) -> None:
        self.limit = AdaptiveLimit(sending.most)
        self._server, self._timeout = server, sending.timeout
        self._answered = False
        self._unreachable = 0
        backoff = tenacity.wait_random_exponential(multiplier=sending.wait, max=LONGEST_BACKOFF)
        self._retrying = tenacity.AsyncRetrying(
            stop=tenacity.stop_after_attempt(sending.retries + 1),
            wait=lambda state: backoff(state) if (asked := _asked_for(state)) is None else asked + backoff(state) / 10,
            retry=tenacity.retry_if_exception_type(TryAgain),
            reraise=True,
        )
        self._http = httpx.AsyncClient(
            headers={"Authorization": f"Bearer {server.key}"} if server.key else {},
            timeout=httpx.Timeout(None, connect=CONNECT_TIMEOUT),  # the attempt as a whole is timed
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=sending.most),
            verify=sending.verify,
        )

    async def post(self, path: str, body: Mapping[str, Any], read: Callable[[Reply], T]) -> T:
        """What `read` makes of the server's answer; `read` raises TryAgain for an answer that is none.

        Raises Unanswered where there is none in the end, and MmevalError where no request can succeed.
        """
        retrying = self._retrying.copy()
        try:
            return await retrying(self._attempt, path, body, read)
        except TryAgain as error:
            self._note_outage(error)
            attempts = retrying.statistics["attempt_number"]
            raise Unanswered(f"{error} ({attempts} attempts)" if attempts > 1 else str(error)) from None

    async def get(self, path: str) -> Mapping[str, Any]:
        """The JSON object at `path`, which a server need not have, in one attempt.

        Raises TryAgain, Unanswered, or UsageError where the key is refused.
        """
        try:
            async with asyncio.timeout(self._timeout):
                async with self._sent(self._http.build_request("GET", self._server.url + path)) as response:
                    await response.aread()
        except TimeoutError:
            raise TryAgain(f"no answer within {self._timeout:g} seconds") from None
        if response.is_error and response.status_code != httpx.codes.UNAUTHORIZED:
            raise Unanswered(f"HTTP {response.status_code}")
        return self._read(response)

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def _attempt(self, path: str, body: Mapping[str, Any], read: Callable[[Reply], T]) -> T:
        request = self._http.build_request(
            "POST",
            self._server.url + path,
            content=json.dumps(body),  # ASCII: half a surrogate pair in a data set's text is sent as it is
            headers={"Content-Type": "application/json"},
        )
        async with self.limit.slot() as epoch:
            try:
                async with asyncio.timeout(self._timeout):
                    answer = read(await self._reply(request, epoch))
            except TimeoutError:
                self.limit.overloaded(epoch)
                raise TryAgain(f"no answer within {self._timeout:g} seconds") from None
        self.limit.answered()
        self._answered = True
        return answer

    async def _reply(self, request: httpx.Request, epoch: int) -> Reply:
        began, first = time.perf_counter(), None
        async with self._sent(request) as response:
            if response.status_code in OVERLOADED:
                self.limit.overloaded(epoch)
            if response.status_code == httpx.codes.OK and response.headers.get("Content-Type", "").startswith(EVENTS):
                data, first = await self._assembled(response)
            else:
                await response.aread()
                data = self._read(response)
        return Reply(data, Timing(time.perf_counter() - began, None if first is None else first - began))

    async def _assembled(self, response: httpx.Response) -> tuple[Mapping[str, Any], float | None]:
        """The whole of an answer that comes in pieces, and when the first of them was there."""
        assembly, first = Assembly(), None
        async for event in events(response.aiter_bytes()):
            if event and event.get("error"):
                raise TryAgain(f"the answer is an error: {self._said(event)}")
            if assembly.add(event) and first is None:
                first = time.perf_counter()
        if not assembly.ended:
            raise TryAgain("the answer breaks off")
        return assembly.data, first

    @asynccontextmanager
    async def _sent(self, request: httpx.Request) -> AsyncIterator[httpx.Response]:
        """The answer to `request`, of which the head is there. What breaks the connection meanwhile is TryAgain."""
        try:
            response = await self._http.send(request, stream=True)
            self._unreachable = 0
            try:
                yield response
            finally:
                await response.aclose()
        except httpx.RequestError as error:
            unreachable = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
            reason = self._server.redact(str(error)) or "the connection broke"
            raise TryAgain(f"{type(error).__name__}: {reason}", unreachable=unreachable) from None

    def _read(self, response: httpx.Response) -> Mapping[str, Any]:
        if response.status_code != httpx.codes.OK:
            raise self._problem(response)
        try:
            data = response.json()
        except ValueError:
            kind = response.headers.get("Content-Type", "no content type")
            raise TryAgain(f"the answer is not JSON ({kind}, {len(response.content)} bytes)") from None
        if not isinstance(data, dict):
            raise TryAgain("the answer is not a JSON object")
        if data.get("error"):
            raise TryAgain(f"the answer is an error: {self._message(response)}")
        return data

    def _problem(self, response: httpx.Response) -> Exception:
        status, reason = response.status_code, f"HTTP {response.status_code}: {self._message(response)}"
        if status == httpx.codes.TOO_MANY_REQUESTS and "insufficient_quota" in response.text:
            return IncompleteRunError(f"{self._server.url}: {reason}")
        if status in TRANSIENT or status > 500:
            return TryAgain(reason, after=_retry_after(response.headers.get("Retry-After", "")))
        if status in WRONG_SETUP and not self._answered:
            return self._wrong_setup(status, reason)
        return Unanswered(reason)

    def _wrong_setup(self, status: int, reason: str) -> MmevalError:
        hint = "check the key in the environment" if status in (401, 403) else "check base_url, model and endpoint"
        return UsageError(f"{self._server.url}: {reason}", hint=hint)

    def _message(self, response: httpx.Response) -> str:
        """What the server says is wrong, in one line, without the key."""
        try:
            data = response.json()
        except ValueError:
            data = response.text
        return self._said(data)

    def _said(self, data: Any) -> str:
        for name in ("error", "message", "detail"):
            data = data.get(name, data) if isinstance(data, dict) else data
        line = " ".join(self._server.redact(data if isinstance(data, str) else json.dumps(data)).split())
        return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}..."

    def _note_outage(self, error: TryAgain) -> None:
        self._unreachable += error.unreachable
        if self._unreachable >= OUTAGE:
            raise IncompleteRunError(f"no server answers at {self._server.url} any more: {error}")


def _asked_for(state: tenacity.RetryCallState) -> float | None:
    error = state.outcome.exception() if state.outcome else None
    return error.after if isinstance(error, TryAgain) else None


def _retry_after(value: str) -> float | None:
    """Seconds of a Retry-After header, a number or a date; None where it says nothing."""
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError):
            return None
    return min(max(seconds, 0.0), LONGEST_WAIT)
