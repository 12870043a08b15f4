"""What is to be sent to others is sent once more rather than never, by one process at a time."""

import pytest
from service_samples import person
from service_site import Site
from sqlalchemy import select, update

from grader.service import deliveries
from grader.service.database import Database
from grader.service.deliveries import Sender, Taken
from grader.service.outgoing import Unreachable
from grader.service.schema import Delivery
from grader.service.signed import NotAccepted, use_once


def put(database: Database, key: str = "k", **body: object) -> None:
    with database.write() as session:
        deliveries.put(session, "mail", key, person(session, "ana").id, body)


def test_two_processes_do_not_send_the_same(site: Site, database: Database) -> None:
    sent: list[int] = []

    def slow(taken: Taken) -> None:
        sent.append(taken.id)
        assert not Sender(database, {"mail": slow}).send_one()

    put(database)

    assert Sender(database, {"mail": slow}).send_one()
    assert len(sent) == 1


def test_what_a_process_took_that_ended_is_sent_by_another(site: Site, database: Database) -> None:
    class Ended(BaseException):
        """The process ends here."""

    def ends(taken: Taken) -> None:
        raise Ended

    put(database)
    with pytest.raises(Ended):
        Sender(database, {"mail": ends}).send_one()
    sent: list[Taken] = []
    assert not Sender(database, {"mail": sent.append}).send_one()
    with database.write() as session:
        session.execute(update(Delivery).values(due=Delivery.due - 1000))

    assert Sender(database, {"mail": sent.append}).send_one() and sent[0].tries == 2


def test_news_takes_the_place_of_what_was_not_sent_yet_and_of_what_was(
    site: Site, database: Database
) -> None:
    sent: list[Taken] = []
    sender = Sender(database, {"mail": sent.append})
    put(database, mark=1)
    put(database, mark=2)
    assert sender.send_one() and not sender.send_one()
    put(database, mark=2)
    assert not sender.send_one()
    put(database, mark=3)

    assert sender.send_one() and [one.body["mark"] for one in sent] == [2, 3]


def test_what_fails_waits_longer_each_time(site: Site, database: Database) -> None:
    def fails(taken: Taken) -> None:
        raise Unreachable("away")

    waits = []
    put(database)
    for _ in range(5):
        assert Sender(database, {"mail": fails}).send_one()
        with database.write() as session:
            row = session.scalars(select(Delivery)).one()
            waits.append(round((row.due - row.created) / 60))
            row.due = row.created
    assert waits == [1, 2, 4, 8, 16] and row.problem == "away"


def test_a_fault_of_ours_in_sending_is_kept_without_its_words(site: Site, database: Database) -> None:
    def broken(taken: Taken) -> None:
        raise KeyError("ana@example.org")

    put(database)
    Sender(database, {"mail": broken}).send_one()

    with database.read() as session:
        assert session.scalars(select(Delivery.problem)).one() == "KeyError"


def test_what_nothing_here_can_send_waits(site: Site, database: Database) -> None:
    put(database)

    assert not Sender(database, {}).send_one()


def test_a_nonce_is_used_once_per_issuer(database: Database) -> None:
    use_once(database, "one", "n")
    use_once(database, "two", "n")

    with pytest.raises(NotAccepted):
        use_once(database, "one", "n")
