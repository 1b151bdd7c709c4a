"""Code that a benchmark must run: warm worker processes without files, network, processes or privileges.

    with Sandbox(program, preload=("math",)) as sandbox, sandbox.session() as session:
        reply = session.call("solve", [3, 1, 2], seconds=3)

`program` is Python source that a worker executes once, after it has proved that it is confined; `call` runs one of
its functions on JSON data. Every ending is a `Reply`: hostile, endless or crashing code costs one reply.
`vet` refuses, before anything runs, source that uses more than a benchmark's programs need.
"""

from mmeval.sandbox.limits import Limits, Reply
from mmeval.sandbox.pool import Sandbox, Session
from mmeval.sandbox.vetting import vet

__all__ = ["Limits", "Reply", "Sandbox", "Session", "vet"]
