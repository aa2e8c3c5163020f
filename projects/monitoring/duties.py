"""What time does to reports by itself: a reminder once they are late. The alert that follows is in `funds`."""

from datetime import datetime

from fres.kernel import clock
from fres.kernel.duties import duty
from projects.monitoring.notices import tell_reminder
from projects.monitoring.selectors import late_reports


@duty(order=46)
def remind_late_reports(at: datetime) -> str:
    """Remind, once each, the holders whose report is late by the days of `report.reminder_days`."""
    late = late_reports(on=clock.local(at).date(), parameter="report.reminder_days")
    return f"reports: {sum(tell_reminder(report=one, at=at) for one in late)} reminders written"
