from unittest import mock

import pytest
from django.db import connection, transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from fres.kernel import duties, jobs
from fres.kernel.tasks import hourly_duties, run_duty

seen = []


@jobs.job(name="tests.note")
def note(*, word):
    if word == "boom":
        raise RuntimeError(word)
    seen.append(word)


@pytest.fixture(autouse=True)
def forget():
    seen.clear()


@pytest.mark.django_db
def test_a_job_exists_only_if_its_transaction_commits():
    with pytest.raises(RuntimeError), transaction.atomic():
        jobs.defer(note, queueing_lock="one", word="a")
        raise RuntimeError
    assert jobs.run_pending() == 0


@pytest.mark.django_db
def test_one_waiting_job_under_a_lock_is_enough_and_the_transaction_goes_on():
    with transaction.atomic():
        assert jobs.defer(note, queueing_lock="one", word="a")
        assert not jobs.defer(note, queueing_lock="one", word="b")
        assert jobs.defer(note, queueing_lock="two", word="c")
    assert jobs.run_pending() == 2
    assert seen == ["a", "c"]
    assert jobs.defer(note, queueing_lock="one", word="d")


@pytest.mark.django_db
def test_a_job_that_fails_raises_and_stays_in_the_queue():
    jobs.defer(note, queueing_lock="one", word="boom")
    with pytest.raises(RuntimeError, match="boom"):
        jobs.run_pending()
    assert ProcrastinateJob.objects.filter(task_name="tests.note", status="todo").count() == 1


@pytest.mark.django_db
def test_no_more_jobs_run_than_asked():
    for word in "abc":
        jobs.defer(note, queueing_lock=word, word=word)
    assert jobs.run_pending(limit=2) == 2
    assert seen == ["a", "b"]


@pytest.mark.django_db(transaction=True)
def test_a_job_runs_with_no_transaction_open():
    states = []

    @jobs.job(name="tests.look")
    def look():
        states.append(connection.in_atomic_block)

    jobs.defer(look, queueing_lock="look")
    jobs.run_pending()
    assert states == [False]


@pytest.mark.django_db(transaction=True)
def test_the_worker_itself_runs_what_was_deferred():
    jobs.defer(note, queueing_lock="one", word="a")
    with jobs.app.replace_connector(jobs.app.connector.get_worker_connector()) as app:
        app.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)
    assert seen == ["a"]
    assert not ProcrastinateJob.objects.filter(task_name="tests.note").exists()  # what is done leaves the queue


@pytest.mark.django_db
def test_every_hour_each_duty_becomes_a_job_of_its_own():
    with mock.patch.dict(duties._duties, clear=True):

        @duties.duty(order=1)
        def first(at):
            seen.append("first")
            return "done"

        @duties.duty(order=2)
        def second(at):
            seen.append("second")
            return "done"

        hourly_duties.func(timestamp=0)
        hourly_duties.func(timestamp=1)
        assert ProcrastinateJob.objects.filter(task_name=run_duty.name).count() == 2
        jobs.run_pending()
    assert seen == ["first", "second"]
