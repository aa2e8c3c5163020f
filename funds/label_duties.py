"""What time does to labels and the offers that stand on them: ends, and the nightly repair (ruling A6)."""

from datetime import datetime

from fres.kernel.duties import duty
from funds.label_consequences import expire_ended_awards, repair_offers


@duty(order=45)
def end_labels(at: datetime) -> str:
    """Expire the labels whose last day has passed; stop the offers left without a label in force."""
    ended = expire_ended_awards(at=at)
    repaired = repair_offers(at=at)
    return f"{ended} labels expired, {repaired} offers stopped for want of a label"
