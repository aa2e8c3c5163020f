"""The accounts a visitor of the demonstration may use: one per role."""

from dataclasses import dataclass

from fres.kernel.access import STAFF_ROLES, Role
from funds.demonstration import cast
from funds.demonstration.region import current_code


@dataclass(frozen=True)
class DemonstrationAccount:
    email: str
    name: str
    role: str
    code: str  # six figures valid for half a minute; empty when no second factor is asked


def demonstration_accounts() -> tuple[DemonstrationAccount, ...]:
    """Return the accounts in the order a visitor meets the roles: savers and holders first, then staff."""
    saver = cast.savers(1)[0]
    rows = [
        DemonstrationAccount(saver.email, f"{saver.given_names} {saver.family_name}", str(Role.SAVER.label), ""),
        DemonstrationAccount(cast.SOLAR.holder_email, cast.SOLAR.holder_name, str(Role.HOLDER.label), ""),
    ]
    for member in (*cast.STAFF, *cast.OUTSIDERS):
        code = current_code(member.email) if member.role in STAFF_ROLES else ""
        rows.append(DemonstrationAccount(member.email, member.name, str(member.role.label), code))
    return tuple(rows)
