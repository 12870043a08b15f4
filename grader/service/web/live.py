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
from grader.service.watching import pause
from grader.service.web.asking import Service
from grader.service.web.guards import Places

_ALIVE_SECONDS = 16.0
"""Without news, after which a comment is sent, so that a connection that is gone is noticed."""
_LONGEST_SECONDS = 2400.0
"""Of a stream; a browser then asks again."""


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
    last, followed, silent = None, 0.0, 0.0
    while followed < _LONGEST_SECONDS:
        status = await run_in_threadpool(_status, of, who, name)
        if status != last:
            yield f"data: {json.dumps(asdict(status))}\n\n"
            last, silent = status, 0.0
        elif silent >= _ALIVE_SECONDS:
            yield ": here\n\n"
            silent = 0.0
        if status.ended:
            return
        seconds = pause(status.ahead)
        followed, silent = followed + seconds, silent + seconds
        await anyio.sleep(seconds)
