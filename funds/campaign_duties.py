"""Duties of campaigns: what the passing of time does to commitments, waiting lists and offers."""

from datetime import datetime

from fres.kernel.duties import duty
from funds import closing, commitments, waiting
from funds.campaigns import telling, tidying, tranches


@duty(order=20)
def confirm_reflected_commitments(at: datetime) -> str:
    """Reflections that are over: the commitment is to be paid."""
    return f"commitments: {commitments.confirm_due(at=at)} confirmed"


@duty(order=25)
def expire_unpaid_commitments(at: datetime) -> str:
    """Commitments unpaid after their window: their room is free again."""
    return f"commitments: {commitments.expire_unpaid(at=at)} expired"


@duty(order=30)
def refresh_waiting_lists(at: datetime) -> str:
    """Proposals nobody took lapse; free room is proposed to those who wait."""
    lapsed, proposed = waiting.refresh_waiting_lists(at=at)
    return f"waiting lists: {lapsed} lapsed, {proposed} proposed"


@duty(order=40)
def decide_offers(at: datetime) -> str:
    """Offers whose money can be decided, and decisions a killed process left half done."""
    succeeded, failed = closing.decide_due(at=at)
    return f"offers: {succeeded} succeeded, {failed} failed"


@duty(order=50)
def remind_unpaid_commitments(at: datetime) -> str:
    """The reminders due to those who have not paid (ruling B10)."""
    return f"commitments: {commitments.remind_unpaid(at=at)} reminders due"


@duty(order=35)
def suspend_silent_offers(at: datetime) -> str:
    """Offers with a question unanswered for too long (ruling B31)."""
    return f"offers: {telling.suspend_unanswered(at=at)} suspended for silence"


@duty(order=36)
def cancel_suspended_offers(at: datetime) -> str:
    """Offers suspended for longer than the law allows (R23(12), ruling A5)."""
    return f"offers: {tidying.cancel_suspended(at=at)} cancelled after their suspension"


@duty(order=45)
def close_tranche_votes(at: datetime) -> str:
    """Votes on tranches that are over: released, or kept."""
    released, kept = tranches.close_votes_due(at=at)
    return f"tranches: {released} released, {kept} kept"
