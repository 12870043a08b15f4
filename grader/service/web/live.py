"""Live progress: server-sent events about one submission until it is graded."""

import json
from collections.abc import AsyncIterator
from dataclasses import asdict

import anyio
from fastapi import HTTPException
from fastapi.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from grader.service import actions
from grader.service.actions import Status
from grader.service.schema import Person
from grader.service.web.asking import Service
from grader.service.web.guards import Places

_LOOK_SECONDS = 0.4
_ALIVE = 40
"""Looks without news after which a comment is sent, so that a connection that is gone is noticed."""
_MOST_LOOKS = 6000


class _Following(StreamingResponse):
    """A stream that gives its place back when it ends, also if it never began."""

    def __init__(self, content: AsyncIterator[str], places: Places, key: str) -> None:
        super().__init__(content, media_type="text/event-stream")
        self._places, self._key = places, key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._places.release(self._key)


async def events(of: Service, who: Person, name: str) -> StreamingResponse:
    """Return the stream; 429 if the person has too many. Raises `NotThere`."""
    key = str(who.id)
    if not of.streams.take(key):
        raise HTTPException(429, "Too many pages follow your submissions; close one.")
    try:
        await run_in_threadpool(_status, of, who, name)
    except BaseException:
        of.streams.release(key)
        raise
    return _Following(_events(of, who, name), of.streams, key)


def _status(of: Service, who: Person, name: str) -> Status:
    with of.database.read() as session:
        return actions.open_submission(session, who, name).status


async def _events(of: Service, who: Person, name: str) -> AsyncIterator[str]:
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
