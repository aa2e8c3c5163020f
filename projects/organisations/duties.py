"""What falls due around organisations: invitations that end, numbers the register had not answered about."""

from datetime import datetime

from fres.kernel.duties import duty
from projects.organisations.register import organisations_to_verify, verify_organisation
from projects.organisations.team import lapse_invitations


@duty(order=40)
def end_invitations(at: datetime) -> str:
    return f"{lapse_invitations(at=at)} invitations ended"


@duty(order=41)
def verify_waiting_organisations(at: datetime) -> str:
    """Ask the imported register again about each organisation "à vérifier": it may have been imported since."""
    waiting = list(organisations_to_verify())
    answered = sum(verify_organisation(organisation=one, at=at).register_checked_at is not None for one in waiting)
    return f"{answered} of {len(waiting)} organisations verified"
