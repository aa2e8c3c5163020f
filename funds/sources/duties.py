"""What falls due by itself around partners' files."""

from datetime import datetime

from fres.kernel.duties import duty
from funds.sources.uploading import check_left_behind


@duty(order=60)
def check_partner_uploads(at: datetime) -> str:
    return f"{check_left_behind(at=at)} partner files checked"
