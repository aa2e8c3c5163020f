"""What falls due by itself about people."""

from datetime import datetime

from fres.kernel.duties import duty
from investors.protection.classifying import expire_classes


@duty(order=10)
def end_classes(at: datetime) -> str:
    """Before anything is committed that day: a class of two years that is over protects again."""
    return f"{expire_classes(at=at)} classes ended"
