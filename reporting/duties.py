"""Duties of what we tell others."""

from datetime import datetime

from fres.kernel.duties import duty
from reporting.statements.notices import tell_ready


@duty(order=850)
def tell_statements_ready(at: datetime) -> str:
    """Statements issued and not told, whatever became of the command that issued them."""
    return f"{tell_ready(at=at)} readers told of their statement"
