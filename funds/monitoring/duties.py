"""Duties of the follow-up of financings: each finds by itself what has to be asked, raised, closed or told."""

from datetime import datetime

from fres.kernel.duties import duty
from funds.monitoring import watching


@duty(order=45)
def ask_yearly_reports(at: datetime) -> str:
    """Reports of last year that no project was asked for yet."""
    return f"reports: {watching.ask_yearly_reports(at=at)} asked"


@duty(order=65)
def watch_financings(at: datetime) -> str:
    """Reasons of alert that appear or go: reports, labels, equity."""
    kinds = (watching.watch_reports, watching.watch_labels, watching.watch_equity)
    changes = [watch(at=at) for watch in kinds]
    return f"financings: {sum(one[0] for one in changes)} reasons raised, {sum(one[1] for one in changes)} closed"


@duty(order=66)
def watch_registers(at: datetime) -> str:
    """Register data sealed at the decision, against the last files imported."""
    return f"registers: {watching.watch_registers(at=at)} financings drifted"


@duty(order=67)
def tell_long_arrears(at: datetime) -> str:
    """Lenders of a loan whose arrears pass the days of default."""
    return f"arrears: lenders of {watching.tell_long_arrears(at=at)} loans told"


@duty(order=68)
def finish_exits(at: datetime) -> str:
    """Final reports to ask, financings to close."""
    asked, closed = watching.finish_exits(at=at)
    return f"exits: {asked} final reports asked, {closed} financings closed"
