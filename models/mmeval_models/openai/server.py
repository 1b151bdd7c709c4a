"""Where the server is, and the key to it: from the environment, and never shown."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from mmeval.errors import MissingRequirementError, UsageError

HOSTED = "https://api.openai.com/v1"
_PATHS = ("/chat/completions", "/completions")


@dataclass(frozen=True, slots=True)
class Server:
    """The root of the API (`.../v1`) and the key, empty where none is set. The key is left out of `repr`."""

    url: str
    key: str = field(repr=False)

    @classmethod
    def of(cls, base_url: str, key_variable: str) -> Server:
        """`base_url` is the root, or one of lm-eval's full paths below it.

        Raises UsageError where it or the key cannot be used, MissingRequirementError where a key is missing.
        """
        server = cls(_root(base_url), _key(key_variable))
        if server.hosted and not server.key:
            raise MissingRequirementError("api.openai.com needs a key", hint=f"export {key_variable}=...")
        return server

    @property
    def hosted(self) -> bool:
        """Whether this is OpenAI's own service, which refuses fields that it does not know."""
        return urlsplit(self.url).hostname == "api.openai.com"

    def redact(self, text: str) -> str:
        """`text` without the key, should the server repeat it."""
        return text.replace(self.key, "***") if self.key else text


@dataclass(frozen=True, slots=True)
class Sending:
    """How requests are sent: at most `most` at once, `timeout` seconds for an attempt, `retries` further attempts.

    An attempt follows the server's Retry-After, or a random time of up to `wait`, 2 `wait`, 4 `wait`, ... seconds.
    """

    most: int
    timeout: float
    retries: int
    wait: float
    verify: bool = True

    def __post_init__(self) -> None:
        if self.most < 1 or self.timeout <= 0 or self.retries < 0 or self.wait < 0:
            raise UsageError("num_concurrent and timeout must be above 0, max_retries and retry_wait not below it")


def _root(base_url: str) -> str:
    parts = urlsplit(base_url)
    if parts.username or parts.password:
        raise UsageError("the address of the server must not hold a password", hint="set a key in the environment")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"base_url '{base_url}' is not a URL of a server", hint="such as http://localhost:8000/v1")
    path = parts.path.rstrip("/")
    for ending in _PATHS:
        path = path.removesuffix(ending)
    return urlunsplit((parts.scheme, parts.netloc, path or "/v1", "", ""))


def _key(variable: str) -> str:
    key = os.environ.get(variable, "").strip()
    if not (key.isascii() and key.isprintable()):  # else the HTTP library would quote it in its error
        raise UsageError(f"the value of {variable} is not a key: it holds characters that no header can carry")
    return key
