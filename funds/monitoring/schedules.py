"""The new schedule of a restructured loan: old lines are kept and no longer due; ranks go on."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Max, Sum
from django.utils.translation import gettext as _

from fres.kernel import parameters
from fres.kernel.money import format_cents
from fres.kernel.states import TransitionRefused
from funds.locks import lock_offer
from funds.models import FinancingRequest, Holding, Instalment, InstalmentReplacement, LenderAnswer, Payment
from funds.monitoring.errors import ConsentMissing, NotALender, PaymentAlive
from funds.servicing.amortisation import schedule
from funds.states import ALIVE, FinancingRequestState
from investors.models import User


@transaction.atomic
def answer_restructuring(
    *, request: FinancingRequest, holding: Holding, agrees: bool, by: User, at: datetime
) -> LenderAnswer:
    """Write a lender's answer. Raises: NotALender; TransitionRefused: the request asks no answer."""
    lock_offer(offer=request.offer)
    request = FinancingRequest.objects.select_related("offer__loan").get(pk=request.pk)
    if request.state != FinancingRequestState.ACCEPTED or not request.worsens_terms:
        raise TransitionRefused(_("Cette demande n’attend pas de réponse."), next_step=_("Lisez sa décision."))
    is_theirs = by.pk in (holding.commitment.by_id, holding.party.user_id)
    if holding.loan_id != request.offer.loan.pk or not is_theirs:
        raise NotALender(
            _("Cette part de prêt n’est pas à vous."), next_step=_("Répondez depuis votre espace, part par part.")
        )
    if request.answers.filter(holding=holding).exists():
        raise NotALender(_("Vous avez déjà répondu pour cette part."), next_step=_("Une réponse ne se change pas."))
    return LenderAnswer.objects.create(request=request, holding=holding, agrees=agrees, answered_by=by, answered_at=at)


def agreed_cents(request: FinancingRequest) -> int:
    """Return the capital, as lent, of the lenders who agreed."""
    total = request.answers.filter(agrees=True).aggregate(total=Sum("holding__principal_cents"))["total"]
    return int(total or 0)


def require_consent(request: FinancingRequest, *, on: date) -> None:
    """Require more than the dated share of the capital lent, when terms worsen. Raises: ConsentMissing."""
    if not request.worsens_terms:
        return
    share = parameters.value_at("restructuring.consent", on).rate
    agreed, lent = agreed_cents(request), request.offer.loan.principal_cents
    if agreed <= lent * share:
        raise ConsentMissing(
            _("Les prêteurs qui acceptent tiennent %(agreed)s sur %(lent)s : il en faut plus de %(share)s %%.")
            % {
                "agreed": format_cents(agreed),
                "lent": format_cents(lent),
                "share": format((share * 100).normalize(), "f"),
            },
            next_step=_("Attendez leurs réponses, ou proposez d’autres conditions."),
        )


def require_no_payment(request: FinancingRequest) -> None:
    """Refuse while an instalment to replace is being paid, or was received and not shared. Raises: PaymentAlive."""
    due = Instalment.objects.filter(loan=request.offer.loan, distribution=None)
    if Payment.objects.filter(instalment__in=due, state__in=ALIVE).exists():
        raise PaymentAlive(
            _("Une échéance à remplacer est en cours de paiement."),
            next_step=_("Attendez que la banque réponde et que l’échéance soit répartie."),
        )


def replace_schedule(request: FinancingRequest) -> None:
    """Write the new instalments for the capital left; interest already due and unpaid joins the first of them."""
    loan = request.offer.loan
    due = list(loan.instalments.filter(distribution=None).order_by("rank"))
    left = sum(one.principal_cents for one in due)
    last_rank = Instalment.every.filter(loan=loan).aggregate(last=Max("rank"))["last"]
    assert request.months is not None and request.rate_bp is not None and request.first_due_on is not None
    lines = schedule(
        principal_cents=left, rate_bp=request.rate_bp, months=request.months, first_due_on=request.first_due_on
    )
    InstalmentReplacement.objects.bulk_create(InstalmentReplacement(instalment=one, request=request) for one in due)
    Instalment.objects.bulk_create(
        Instalment(
            loan=loan,
            rank=last_rank + line.rank,
            due_on=line.due_on,
            principal_cents=line.principal_cents,
            interest_cents=line.interest_cents + (request.overdue_interest_cents if line.rank == 1 else 0),
            balance_after_cents=line.balance_after_cents,
        )
        for line in lines
    )
