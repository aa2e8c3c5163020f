"""What the books need by themselves: numbers and hashes for what was written, and a check of everything each night."""

from datetime import datetime, time

from fres.kernel import clock
from fres.kernel.duties import duty
from funds.books import check_books, record_check
from funds.models import BooksCheck, LegalEntity
from funds.sealing import seal_entries


@duty(order=90)
def seal_books(at: datetime) -> str:
    """Seal what was posted since the last run, in each entity's books."""
    sealed = sum(seal_entries(entity=entity, at=at) for entity in LegalEntity.objects.order_by("pk"))
    return f"{sealed} entries sealed"


@duty(order=95)
def check_books_each_night(at: datetime) -> str:
    """Check the books once a day of Paris, and keep what was found."""
    midnight = datetime.combine(clock.local(at).date(), time(), tzinfo=clock.PARIS)
    if BooksCheck.objects.filter(checked_at__gte=midnight, checked_at__lte=at).exists():
        return "books already checked today"
    report = check_books(at)
    record_check(report)
    return str(report)
