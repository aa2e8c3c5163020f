"""Who prepared and who approved a payout, for the rule of four eyes on a file (ruling A7)."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from funds.models import PayoutOrder
from investors.models import User
from projects.four_eyes import Act, acts_on, acts_provider
from projects.models import Application, Project


@acts_provider(Act.PREPARED)
def prepared(application: Application) -> Iterable[int]:
    """Return who prepared a payout of the file's project."""
    return PayoutOrder.objects.filter(offer__project=application.project_id).values_list("prepared_by", flat=True)


@acts_provider(Act.APPROVED)
def approved(application: Application) -> Iterable[int]:
    """Return who approved one."""
    orders = PayoutOrder.objects.filter(offer__project=application.project_id, approved_by__isnull=False)
    return orders.values_list("approved_by", flat=True)


def earlier_act(project: Project, user: User) -> str:
    """Return, in French, what a person did on a file of a project that keeps them away from its money; "" for
    nothing: whoever instructed or voted neither prepares nor approves its payout."""
    for application in Application.objects.filter(project=project):
        acts = acts_on(application)
        for act in (Act.INSTRUCTED, Act.VOTED):
            if user.pk in acts[act]:
                return _("Cette personne %(done)s : une autre s’occupe de son versement.") % {"done": act.label}
    return ""
