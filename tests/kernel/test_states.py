from datetime import UTC, date, datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, models, transaction

from fres.kernel.management.commands.print_states import section
from fres.kernel.models import TransitionLog
from fres.kernel.states import StateMachine, Transition, TransitionRefused, advance, advance_all, machines
from projects.models import Award
from projects.states import EXPIRE, REMIND, RENEW, SUSPEND, AwardState
from tests.investors.factories import UserFactory
from tests.projects.factories import AwardFactory

AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class Colour(models.TextChoices):
    RED = "RED", "Rouge"
    BLUE = "BLUE", "Bleu"


def paint(**values):
    defaults = {"name": "paint", "sources": frozenset({"RED"}), "target": "BLUE", "label": "Peindre", "actor": "saver"}
    return Transition(**defaults | values)


WHY = {"published_reason": "Comptes non fournis"}  # a label that stops says why, where all can read it


@pytest.mark.django_db
def test_a_transition_writes_state_dates_and_log_together():
    award, user = AwardFactory(state=AwardState.GRANTED), UserFactory()
    fresh = advance(award, SUSPEND, by=user, at=AT, reason="contrôle", valid_to=date(2027, 1, 1), **WHY)
    assert (fresh.state, fresh.valid_to) == (AwardState.SUSPENDED, date(2027, 1, 1))
    line = TransitionLog.objects.get(subject_uuid=award.uuid)
    assert (line.subject_type, line.transition, line.source, line.target) == (
        "projects.award",
        "suspend",
        "GRANTED",
        "SUSPENDED",
    )
    assert (line.by, line.at, line.reason) == (user, AT, "contrôle")


@pytest.mark.django_db
def test_a_transition_from_another_state_changes_nothing_and_says_which():
    award = AwardFactory(state=AwardState.GRANTED)
    with pytest.raises(TransitionRefused, match="Attribué") as refusal:
        advance(award, EXPIRE, by=None, at=AT)
    assert refusal.value.next_step
    award.refresh_from_db()
    assert award.state == AwardState.GRANTED
    assert not TransitionLog.objects.filter(subject_uuid=award.uuid).exists()


@pytest.mark.django_db
def test_many_rows_move_together_each_with_its_log_line(django_assert_num_queries):
    awards, user = AwardFactory.create_batch(5, state=AwardState.GRANTED), UserFactory()
    with django_assert_num_queries(5):  # three, and the two of a savepoint
        moved = advance_all(
            Award.objects.all(), SUSPEND, by=user, at=AT, reason="contrôle", valid_to=date(2027, 1, 1), **WHY
        )
    assert moved == 5
    assert set(Award.objects.values_list("state", "valid_to")) == {(AwardState.SUSPENDED, date(2027, 1, 1))}
    lines = TransitionLog.objects.filter(subject_uuid__in=[award.uuid for award in awards])
    assert set(lines.values_list("source", "target", "by", "reason")) == {("GRANTED", "SUSPENDED", user.pk, "contrôle")}
    assert lines.count() == 5


@pytest.mark.django_db
def test_one_row_in_another_state_stops_them_all():
    AwardFactory(state=AwardState.GRANTED)
    AwardFactory(state=AwardState.EXPIRED)
    with pytest.raises(TransitionRefused):
        advance_all(Award.objects.all(), SUSPEND, by=None, at=AT)
    assert set(Award.objects.values_list("state", flat=True)) == {AwardState.GRANTED, AwardState.EXPIRED}
    assert not TransitionLog.objects.exists()


@pytest.mark.django_db
def test_the_state_is_read_under_the_lock_and_not_from_memory():
    stale = AwardFactory(state=AwardState.GRANTED)
    Award.objects.filter(pk=stale.pk).update(state=AwardState.REFUSED, **WHY)
    with pytest.raises(TransitionRefused):
        advance(stale, SUSPEND, by=None, at=AT)


@pytest.mark.django_db
def test_other_columns_in_memory_are_not_written():
    award = AwardFactory(state=AwardState.GRANTED)
    before = award.label_version
    award.label_version = "1999"
    advance(award, SUSPEND, by=None, at=AT, **WHY)
    assert Award.objects.get(pk=award.pk).label_version == before


@pytest.mark.django_db
def test_a_walk_leaves_one_line_a_step():
    award = AwardFactory(state=AwardState.GRANTED)
    for change in (REMIND, RENEW, SUSPEND):
        award = advance(award, change, by=None, at=AT, **WHY)
    walked = TransitionLog.objects.filter(subject_uuid=award.uuid).order_by("pk").values_list("target", flat=True)
    assert list(walked) == ["RENEWAL_DUE", "GRANTED", "SUSPENDED"]


@pytest.mark.django_db
@pytest.mark.parametrize("act", [lambda rows: rows.update(reason="autre"), lambda rows: rows.delete()])
def test_the_log_only_grows(act):
    advance(AwardFactory(state=AwardState.GRANTED), SUSPEND, by=None, at=AT, **WHY)
    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
        act(TransitionLog.objects.all())


@pytest.mark.parametrize(
    "changes",
    [
        (paint(sources=frozenset({"GREEN"})),),
        (paint(target="GREEN"),),
        (paint(sources=frozenset()),),
        (paint(), paint(target="RED")),
    ],
)
def test_a_table_with_unknown_states_or_twice_one_name_is_refused(changes):
    with pytest.raises(ValueError):
        StateMachine(name="Couleur", states=Colour, transitions=changes)
    assert "Couleur" not in [str(machine.name) for machine in machines()]


def test_a_machine_says_what_may_be_done_and_prints_itself():
    award = next(machine for machine in machines() if AwardState is machine.states)
    assert SUSPEND in award.from_state("GRANTED")
    assert RENEW not in award.from_state("GRANTED")
    printed = section(award)
    assert "| Retiré | `WITHDRAWN` | état final |" in printed
    assert "| Suspendu (`SUSPENDED`) | Attribué (`GRANTED`) | Rétablir le label | evaluator |  |" in printed


def test_print_states_writes_the_page_and_notices_when_it_is_old(tmp_path, capsys):
    page = tmp_path / "states.md"
    call_command("print_states", out=page)
    call_command("print_states", out=page, check=True)
    page.write_text(page.read_text() + "\n")
    with pytest.raises(CommandError, match="out of date"):
        call_command("print_states", out=page, check=True)
    assert f"states printed: {len(machines())} machines" in capsys.readouterr().out
