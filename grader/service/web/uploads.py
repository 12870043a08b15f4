"""Takes an upload apart once it is known who sends it, and how much at most."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException as BadForm

from grader.service import access
from grader.service.access import May
from grader.service.archives import MOST_FILES, Upload
from grader.service.handing_in import MOST_PER_HOUR, Received, hand_in
from grader.service.schema import AssignmentRow, Course, Person
from grader.service.web.asking import Service

_LONGEST_KEY = 100
_LONGEST_FIELD = 1 << 10
FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "properties": {
                        "files": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                            "description": "Files with their paths as names, or one zip file.",
                        }
                    },
                }
            }
        },
    }
}
"""What the OpenAPI document says of an upload, whose form is read by hand: after it is known who sends it."""


async def received(request: Request, of: Service, who: Person, course: str, assignment: str) -> Received:
    """Store what a request uploads. Raises as `hand_in` does, 422 for what is no upload, 429 for too many."""

    def allowed() -> AssignmentRow:
        with of.database.read() as session:
            return access.assignment(session, who, course, assignment, May.HAND_IN)[1]

    row = await run_in_threadpool(allowed)
    key = request.headers.get("idempotency-key", "")
    if len(key) > _LONGEST_KEY:
        raise HTTPException(422, f"An Idempotency-Key has at most {_LONGEST_KEY} characters.")
    async with _uploads(request, of, who) as sent:
        return await run_in_threadpool(hand_in, of.database, of.files, who, row, sent, key)


async def revision(
    request: Request, of: Service, who: Person, course: str, name: str
) -> tuple[int, bool, bool]:
    """Store an assignment that a request uploads, as `Assignments.add` does; 422 and 429 as above."""

    def allowed() -> Course:
        with of.database.read() as session:
            return access.course(session, who, course, May.MANAGE)[0]

    found = await run_in_threadpool(allowed)
    if of.assignments is None:
        raise HTTPException(422, "Assignments are added by `grade admin assignment` here.")
    async with _uploads(request, of, who) as sent:
        return await run_in_threadpool(of.assignments.add, of.database, of.files, who, found, name, sent)


@asynccontextmanager
async def _uploads(request: Request, of: Service, who: Person) -> AsyncIterator[list[Upload]]:
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise HTTPException(422, "Send the files as a form, multipart/form-data, in fields named `files`.")
    if not of.uploading.take(str(who.id)):
        raise HTTPException(
            429, "Another upload of yours is coming in; wait for its end.", {"Retry-After": "5"}
        )
    try:
        if not of.uploads.take(str(who.id)):
            raise HTTPException(429, f"You have sent {MOST_PER_HOUR} uploads within an hour; please wait.")
        try:
            # Fields without a file are kept in memory, and nothing needs one.
            form = await request.form(max_files=MOST_FILES, max_fields=0, max_part_size=_LONGEST_FIELD)
        except BadForm as error:
            raise HTTPException(422, f"What you sent cannot be read: {error.detail}") from None
        try:
            sent = [one for one in form.getlist("files") if isinstance(one, UploadFile) and one.filename]
            yield [Upload(one.filename or "", one.file) for one in sent]
        finally:
            await form.close()
    finally:
        of.uploading.release(str(who.id))
