"""What time does to labels by itself: alerts before the end, the renewal that falls due. Losing one is in `funds`."""

from datetime import datetime, timedelta

from fres.kernel import clock, parameters
from fres.kernel.duties import duty
from fres.kernel.states import advance
from projects.labels.notices import tell_end_coming
from projects.models import Award
from projects.states import REMIND, AwardState

ALERT_KEYS = ("label.alert_first_days", "label.alert_second_days", "label.alert_last_days")


@duty(order=40)
def warn_of_ends(at: datetime) -> str:
    """Say that a label ends, 90, 30 and 7 days before (dated values), once each; ask for its renewal at the first."""
    on = clock.local(at).date()
    steps = sorted(parameters.value_at(key, on).whole for key in ALERT_KEYS)
    horizon = on + timedelta(days=steps[-1])
    ending = Award.objects.filter(
        state__in=(AwardState.GRANTED, AwardState.RENEWAL_DUE, AwardState.VERIFIED),
        valid_to__gte=on,
        valid_to__lte=horizon,
    ).order_by("pk")
    due = written = 0
    for award in ending.iterator(chunk_size=200):
        left = (award.valid_to - on).days if award.valid_to else 0
        step = next(days for days in steps if left <= days)
        if award.state == AwardState.GRANTED:
            award = advance(award, REMIND, by=None, at=at)
            due += 1
        written += tell_end_coming(award=award, days=step, at=at)
    return f"{due} labels due for renewal, {written} warnings of an end"
