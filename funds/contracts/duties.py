"""A loan whose contract was not issued with it gets it within the hour."""

from datetime import datetime

from fres.kernel.duties import duty
from funds.contracts.issuing import issue_missing_contracts


@duty(order=55)
def issue_contracts_left_behind(at: datetime) -> str:
    return f"{issue_missing_contracts(at)} loan contracts issued"
