"""Jobs of the kernel: send a message, run what falls due, take up what a dead worker left."""

import logging
from datetime import datetime

from procrastinate import JobContext

from fres.kernel import clock, duties, jobs, messages, retention
from fres.kernel.models import Message

logger = logging.getLogger("fres.jobs")


@jobs.job(name="deliver_message")
def deliver_message(*, message_uuid: str) -> None:
    messages.deliver(message=Message.objects.get(uuid=message_uuid), at=clock.now())


@jobs.job(name="run_duty")
def run_duty(*, name: str) -> None:
    """Each duty is a job of its own: one that fails is tried again and holds no other back."""
    logger.info("%s: %s", name, duties.run_duty(name, clock.now()))


@jobs.app.periodic(cron="7 * * * *")
@jobs.job(name="hourly_duties", retry=False)
def hourly_duties(*, timestamp: int) -> None:
    for one in duties.all_duties():
        jobs.defer(run_duty, queueing_lock=f"duty-{one.name}", lock="duties", name=one.name)


@jobs.app.periodic(cron="*/5 * * * *")
@jobs.app.task(name="retry_stalled", queueing_lock="retry_stalled", pass_context=True)
async def retry_stalled(context: JobContext, timestamp: int) -> None:
    """Put back the jobs whose worker died: its heartbeat stopped."""
    manager = context.app.job_manager
    for stalled in await manager.get_stalled_jobs():
        await manager.retry_job(stalled)


@duties.duty(order=800)
def purge_old_documents(at: datetime) -> str:
    """Bytes go at the end of their dated retention (ruling B22)."""
    return f"{retention.purge_documents(at=at)} documents purged"


@duties.duty(order=900)
def send_waiting_messages(at: datetime) -> str:
    """Nothing stays behind because its job was lost."""
    return f"{messages.requeue_waiting(at=at)} messages queued again"
