"""The queue gives each job to one worker at a time and keeps one result, on both databases."""

import threading
from pathlib import Path

import pytest
from service_samples import add_submission, set_up
from sqlalchemy import func, select, update

from grader.service.database import Database, now
from grader.service.files import Files
from grader.service.queue import MOST_DEATHS, Claimed, Outcome, Priority, Queue, State, again, place
from grader.service.schema import JobRow, ResultRow, Revision, SubmissionRow

OUTCOME = Outcome(1.0, 5.0, True, False, b"graded", b"report")


@pytest.fixture
def queue(database: Database, tmp_path: Path) -> Queue:
    """The queue of a course that has handed in nothing."""
    set_up(database, Files(tmp_path / "files"), tmp_path / "assignment")
    return Queue(database)


def submit(database: Database, *names: str, priority: Priority = Priority.LIVE) -> None:
    """Hand in, for example as `ana1`: the first attempt of ana."""
    for name in names:
        with database.write() as session:
            add_submission(session, name[:3], int(name[3:]), priority)


def silence(database: Database) -> None:
    """Let all leases run out."""
    with database.write() as session:
        session.execute(update(JobRow).values(lease_until=now() - 1))


def order(database: Database, queue: Queue) -> list[str]:
    """Return the submissions in the order in which workers get them."""
    found = []
    while (job := queue.claim("w")) is not None:
        with database.read() as session:
            found.append(session.scalars(select(JobRow.submission_id).where(JobRow.id == job.id)).one())
    return found


def taken(queue: Queue) -> Claimed:
    job = queue.claim("w")
    assert job is not None
    return job


def results(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(ResultRow)) or 0


def test_an_empty_queue_gives_nothing(queue: Queue) -> None:
    assert queue.claim("w") is None


def test_first_come_is_first_served(database: Database, queue: Queue) -> None:
    submit(database, "ana1", "ben1", "cem1")

    assert order(database, queue) == ["ana1", "ben1", "cem1"]


def test_many_uploads_of_one_student_do_not_delay_anothers(database: Database, queue: Queue) -> None:
    submit(database, *(f"ana{n}" for n in range(1, 31)), "ben1")

    assert order(database, queue)[:3] == ["ana1", "ben1", "ana2"]


def test_a_student_with_many_uploads_is_not_starved_by_those_who_come_later(
    database: Database, queue: Queue
) -> None:
    submit(database, "ana1", "ana2", "ana3")
    for _ in range(2):
        queue.finish(taken(queue), OUTCOME)
    submit(database, "ben1", "cem1")

    assert order(database, queue) == ["ana3", "ben1", "cem1"]


def test_what_was_just_handed_in_goes_before_a_regrade(database: Database, queue: Queue) -> None:
    submit(database, "ana1", priority=Priority.REGRADE)
    submit(database, "ben1")

    assert order(database, queue) == ["ben1", "ana1"]


def test_two_workers_never_get_the_same_job(database: Database, queue: Queue) -> None:
    submit(database, *(f"ana{n}" for n in range(1, 21)))
    got: list[int] = []

    def work() -> None:
        while (job := queue.claim("w")) is not None:
            got.append(job.id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(got) == len(set(got)) == 20


def test_a_job_whose_worker_is_silent_goes_to_another_one(database: Database, queue: Queue) -> None:
    submit(database, "ana1")
    first = taken(queue)
    assert queue.reconcile() == 0
    silence(database)

    assert queue.reconcile() == 1
    assert taken(queue).id == first.id


def test_a_worker_that_wakes_up_late_changes_nothing(database: Database, queue: Queue) -> None:
    submit(database, "ana1")
    late = taken(queue)
    silence(database)
    queue.reconcile()
    second = taken(queue)

    assert not queue.renew(late, "still here")
    assert not queue.finish(late, OUTCOME)
    queue.hand_back(late)
    queue.give_up(late)
    assert results(database) == 0
    assert queue.finish(second, OUTCOME)
    assert not queue.finish(late, OUTCOME)
    assert results(database) == 1


def test_a_worker_that_is_late_but_not_replaced_keeps_its_job(database: Database, queue: Queue) -> None:
    submit(database, "ana1")
    job = taken(queue)
    silence(database)

    assert queue.renew(job, "")
    assert queue.reconcile() == 0
    assert queue.finish(job, OUTCOME)


def test_a_result_is_stored_once(database: Database, queue: Queue) -> None:
    submit(database, "ana1")
    job = taken(queue)

    assert queue.finish(job, OUTCOME)
    assert not queue.finish(job, OUTCOME)
    assert results(database) == 1


def test_a_job_that_ends_its_workers_is_parked(database: Database, queue: Queue) -> None:
    submit(database, "ana1")
    for _ in range(MOST_DEATHS):
        taken(queue)
        silence(database)
        queue.reconcile()

    assert queue.claim("w") is None
    assert queue.counts()[State.PARKED] == 1
    assert queue.sweep() == 0


def test_a_job_that_cannot_be_graded_is_parked_as_well(database: Database, queue: Queue) -> None:
    submit(database, "ana1")
    for _ in range(MOST_DEATHS):
        queue.give_up(taken(queue))

    assert queue.counts()[State.PARKED] == 1


def test_a_job_that_is_handed_back_counts_no_death(database: Database, queue: Queue) -> None:
    submit(database, "ana1")
    for _ in range(MOST_DEATHS + 1):
        queue.hand_back(taken(queue))

    assert queue.finish(taken(queue), OUTCOME)


@pytest.mark.parametrize("broken", [False, True])
def test_only_a_broken_result_is_tried_again(database: Database, queue: Queue, broken: bool) -> None:
    submit(database, "ana1")
    queue.finish(taken(queue), Outcome(0.0, 5.0, not broken, broken, b"", b""))

    with database.write() as session:
        assert again(session, session.get_one(SubmissionRow, "ana1"), session.get_one(Revision, 1)) is broken
    assert (queue.claim("w") is not None) is broken


def test_a_submission_whose_job_was_lost_is_found(database: Database, queue: Queue) -> None:
    submit(database, "ana1", "ben1")
    with database.write() as session:
        session.execute(JobRow.__table__.delete().where(JobRow.submission_id == "ana1"))

    assert queue.sweep() == 1
    assert queue.sweep() == 0
    assert sorted(order(database, queue)) == ["ana1", "ben1"]


def test_the_place_in_the_queue_counts_what_goes_first(database: Database, queue: Queue) -> None:
    submit(database, "ana1", "ana2", "ben1", "cem1")
    queue.renew(taken(queue), "standardize: asking")

    with database.read() as session:
        first, second, ben = (place(session, name, 1) for name in ("ana1", "ana2", "ben1"))
    assert first is not None and first.progress == "standardize: asking"
    assert second is not None and second.ahead == 2
    assert ben is not None and ben.ahead == 0


def test_an_upload_whose_transaction_fails_leaves_neither_submission_nor_job(
    database: Database, queue: Queue
) -> None:
    with pytest.raises(RuntimeError), database.write() as session:
        add_submission(session, "ana", 1)
        raise RuntimeError

    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(SubmissionRow)) == 0
    assert queue.counts()[State.QUEUED] == 0
