"""Live progress: server-sent events about one submission until it is graded."""

import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import asdict

import anyio
from fastapi import HTTPException
from fastapi.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from grader.service import actions
from grader.service.actions import Status
from grader.service.schema import Person
from grader.service.web.asking import Service

_LOOK_SECONDS = 0.4
_ALIVE = 40
"""Looks without news after which a comment is sent, so that a connection that is gone is noticed."""
_MOST_LOOKS = 6000
_MOST_STREAMS = 6
"""Of one person."""
_open: Counter[int] = Counter()


async def events(of: Service, who: Person, name: str) -> StreamingResponse:
    """Return the stream; 429 if the person has too many. Raises `NotThere`."""
    if _open[who.id] >= _MOST_STREAMS:
        raise HTTPException(429, "Too many pages follow your submissions; close one.")
    await run_in_threadpool(_status, of, who, name)
    return StreamingResponse(_events(of, who, name), media_type="text/event-stream")


def _status(of: Service, who: Person, name: str) -> Status:
    with of.database.read() as session:
        return actions.open_submission(session, who, name).status


async def _events(of: Service, who: Person, name: str) -> AsyncIterator[str]:
    _open[who.id] += 1
    try:
        last = None
        for look in range(_MOST_LOOKS):
            status = await run_in_threadpool(_status, of, who, name)
            if status != last:
                yield f"data: {json.dumps(asdict(status))}\n\n"
                last = status
            elif look % _ALIVE == 0:
                yield ": here\n\n"
            if status.ended:
                return
            await anyio.sleep(_LOOK_SECONDS)
    finally:
        _open[who.id] -= 1
        if not _open[who.id]:
            del _open[who.id]
