"""Offers, the commitments savers make to them, and the waiting list behind a full one."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fres.kernel import append_only
from fres.kernel.fields import MoneyField
from fres.kernel.history import track_every_change
from funds.models.entities import Fund, LegalEntity
from funds.states import CommitmentState, FinancingState, OfferState, WaitingState
from investors.models import Party, User
from projects.models import Award, Project


@track_every_change()
class Offer(models.Model):
    """A campaign: one instrument, in one lane, for one project. The lane never changes after publication."""

    class Lane(models.TextChoices):
        GIFT = "GIFT", _("Don")
        PROJECT = "PROJECT", _("Prêt à un projet")

    class Instrument(models.TextChoices):
        DONATION = "DONATION", _("Don")
        LOAN = "LOAN", _("Prêt avec intérêts")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(_("adresse de la page"), max_length=80, unique=True)
    fund = models.ForeignKey(Fund, on_delete=models.PROTECT, related_name="offers")
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="offers")
    award = models.ForeignKey(Award, on_delete=models.PROTECT, related_name="+")
    books = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="+")  # who holds the money, as agent
    paying_agent = models.ForeignKey(LegalEntity, on_delete=models.PROTECT, related_name="+")  # who withholds: B8
    lane = models.CharField(_("voie"), max_length=8, choices=Lane)
    instrument = models.CharField(_("instrument"), max_length=10, choices=Instrument)
    state = models.CharField(_("état"), max_length=20, choices=OfferState, default=OfferState.PREPARED)
    financing_state = models.CharField(_("suivi"), max_length=20, choices=FinancingState, blank=True, default="")
    identifier = models.CharField(_("identifiant de l’offre"), max_length=28, unique=True, null=True, blank=True)
    minimum = MoneyField(_("minimum"), max_digits=14, decimal_places=2, default_currency="EUR")
    maximum = MoneyField(_("maximum"), max_digits=14, decimal_places=2, default_currency="EUR")
    ticket_minimum = MoneyField(_("mise minimale"), max_digits=14, decimal_places=2, default_currency="EUR")
    ticket_maximum = MoneyField(_("mise maximale"), max_digits=14, decimal_places=2, default_currency="EUR")
    opens_at = models.DateTimeField(_("ouvre le"))
    closes_at = models.DateTimeField(_("dernier engagement"))
    settles_on = models.DateField(_("décidée au plus tard le"))
    decided_at = models.DateTimeField(_("décidée le"), null=True, blank=True)
    rate_bp = models.PositiveIntegerField(_("taux annuel (points de base)"), default=0)
    months = models.PositiveSmallIntegerField(_("durée en mois"), default=0)
    holder_fee_bp = models.PositiveIntegerField(_("frais payés par le porteur (points de base)"), default=0)
    risks = models.TextField(_("risques"))
    gives_receipt = models.BooleanField(_("donne droit à un reçu fiscal"), default=False)
    # What the owner raised elsewhere in the twelve months before this offer, as they declared and signed it (E10).
    raised_elsewhere = MoneyField(
        _("levé ailleurs en douze mois"), max_digits=14, decimal_places=2, default=0, default_currency="EUR"
    )
    raised_elsewhere_declared_on = models.DateField(_("déclaré le"), null=True, blank=True)
    opened_at = models.DateTimeField(_("ouverte le"), null=True, blank=True)
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = _("offre")
        indexes = (models.Index(fields=("state", "closes_at")),)
        constraints = (
            models.CheckConstraint(
                name="offer_minimum_below_maximum",
                condition=Q(minimum__gt=0) & Q(minimum__lte=F("maximum")),
                violation_error_message=_("Le minimum est positif et ne dépasse pas le maximum."),
            ),
            models.CheckConstraint(
                name="offer_ticket_range",
                condition=Q(ticket_minimum__gt=0) & Q(ticket_minimum__lte=F("ticket_maximum")),
                violation_error_message=_("La mise minimale est positive et ne dépasse pas la mise maximale."),
            ),
            models.CheckConstraint(
                name="offer_closes_after_it_opens",
                condition=Q(closes_at__gt=F("opens_at")),
                violation_error_message=_("Une offre se ferme après son ouverture."),
            ),
            models.CheckConstraint(
                name="offer_lane_fits_instrument",
                condition=Q(lane="GIFT", instrument="DONATION", rate_bp=0, months=0)
                | Q(lane="PROJECT", instrument="LOAN", rate_bp__gt=0, months__gt=0, gives_receipt=False),
                violation_error_message=_("Un don ne porte pas d’intérêt ; un prêt a un taux et une durée, sans reçu."),
            ),
            models.CheckConstraint(
                name="offer_decided_iff_over",
                condition=Q(state__in=("SUCCEEDED", "FAILED"), decided_at__isnull=False)
                | (~Q(state__in=("SUCCEEDED", "FAILED")) & Q(decided_at=None)),
            ),
            models.CheckConstraint(
                name="offer_raised_elsewhere_not_negative",
                condition=Q(raised_elsewhere__gte=0),
                violation_error_message=_("Le montant levé ailleurs n’est pas négatif."),
            ),
        )

    def __str__(self) -> str:
        return self.slug

    @property
    def is_gift(self) -> bool:
        return self.lane == self.Lane.GIFT


class Commitment(models.Model):
    """A saver's promise to an offer. What was shown and agreed is frozen on the row (E18)."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="commitments")
    saver = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="commitments")
    by = models.ForeignKey(User, verbose_name=_("engagé par"), on_delete=models.PROTECT, related_name="+")
    amount = MoneyField(_("montant"), max_digits=14, decimal_places=2, default_currency="EUR")
    state = models.CharField(_("état"), max_length=14, choices=CommitmentState)
    committed_at = models.DateTimeField(_("engagé le"))
    reflection_ends_at = models.DateTimeField(_("réflexion jusqu’au"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("confirmé le"), null=True, blank=True)
    pay_before = models.DateTimeField(_("à payer avant le"), null=True, blank=True)
    cleared_at = models.DateTimeField(_("encaissé le"), null=True, blank=True)
    settled_at = models.DateTimeField(_("versé au projet le"), null=True, blank=True)
    ended_at = models.DateTimeField(_("terminé le"), null=True, blank=True)
    end_reason = models.CharField(_("motif de fin"), max_length=200, blank=True)
    saver_class = models.CharField(_("catégorie au jour de l’engagement"), max_length=4, default="RETL")
    fiscal_residence = models.CharField(_("résidence fiscale au jour de l’engagement"), max_length=2, default="FR")
    commune_code = models.CharField(_("commune au jour de l’engagement"), max_length=5, blank=True)
    texts_shown = models.JSONField(_("textes montrés"), default=dict)  # key → version, SHA-256
    wants_receipt = models.BooleanField(_("demande un reçu"), default=True)

    class Meta:
        verbose_name = _("engagement")
        indexes = (
            models.Index(fields=("offer", "state")),
            models.Index(fields=("saver", "state")),
            models.Index(fields=("state", "reflection_ends_at")),
            models.Index(fields=("state", "pay_before")),
        )
        constraints = (
            models.CheckConstraint(
                name="commitment_amount_positive",
                condition=Q(amount__gt=0),
                violation_error_message=_("Un engagement est d’un montant positif."),
            ),
            models.CheckConstraint(
                name="commitment_reflecting_has_deadline",
                condition=~Q(state="IN_REFLECTION") | Q(reflection_ends_at__isnull=False),
            ),
            models.CheckConstraint(
                name="commitment_confirmed_has_payment_deadline",
                condition=~Q(state="CONFIRMED") | Q(confirmed_at__isnull=False, pay_before__isnull=False),
            ),
            models.CheckConstraint(
                name="commitment_cleared_has_date",
                condition=~Q(state__in=("CLEARED", "SETTLED", "DISPUTED")) | Q(cleared_at__isnull=False),
            ),
            models.CheckConstraint(
                name="commitment_settled_has_date",
                condition=~Q(state="SETTLED") | Q(settled_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return str(self.uuid)


class WaitingPlace(models.Model):
    """A place in line behind a full offer: it reserves nothing and starts no period (ruling B9)."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    offer = models.ForeignKey(Offer, on_delete=models.PROTECT, related_name="waiting_places")
    saver = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="waiting_places")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    amount = MoneyField(_("montant souhaité"), max_digits=14, decimal_places=2, default_currency="EUR")
    state = models.CharField(_("état"), max_length=10, choices=WaitingState, default=WaitingState.WAITING)
    asked_at = models.DateTimeField(_("demandé le"))
    rank = models.PositiveIntegerField(_("rang"))
    proposed_at = models.DateTimeField(_("proposé le"), null=True, blank=True)
    # What room allows when the place is proposed: the sum asked for, or less.
    proposed_amount = MoneyField(
        _("montant proposé"), max_digits=14, decimal_places=2, default_currency="EUR", null=True, blank=True
    )
    proposed_until = models.DateTimeField(_("proposé jusqu’au"), null=True, blank=True)
    commitment = models.OneToOneField(
        Commitment, on_delete=models.PROTECT, null=True, blank=True, related_name="waited"
    )

    class Meta:
        verbose_name = _("place en liste d’attente")
        ordering = ("offer", "rank")
        constraints = (
            models.UniqueConstraint(name="waiting_rank_once", fields=("offer", "rank")),
            models.CheckConstraint(
                name="waiting_amount_positive",
                condition=Q(amount__gt=0),
                violation_error_message=_("Une demande de place est d’un montant positif."),
            ),
            models.CheckConstraint(
                name="waiting_proposed_has_terms",
                condition=~Q(state="PROPOSED")
                | Q(proposed_at__isnull=False, proposed_until__isnull=False, proposed_amount__gt=0),
            ),
            models.CheckConstraint(
                name="waiting_taken_names_its_commitment",
                condition=~Q(state="TAKEN") | Q(commitment__isnull=False),
            ),
            models.UniqueConstraint(
                name="waiting_once_per_saver",
                fields=("offer", "saver"),
                condition=Q(state__in=("WAITING", "PROPOSED")),
                violation_error_message=_("Vous êtes déjà sur la liste d’attente de cette offre."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.offer} #{self.rank}"


class SaverCeiling(models.Model):
    """The most a saver allows themself to lend over twelve months, all projects together. Append-only.

    The last row counts. Lowering acts at once; raising, or lifting (no amount), acts a day later, so that nobody
    raises their ceiling in the heat of the moment.
    """

    saver = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="ceilings")
    amount = MoneyField(_("plafond"), max_digits=14, decimal_places=2, default_currency="EUR", null=True, blank=True)
    set_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField(_("fixé le"))
    acts_from = models.DateTimeField(_("agit à partir du"))

    class Meta:
        verbose_name = _("plafond personnel")
        verbose_name_plural = _("plafonds personnels")
        triggers = append_only.triggers("saver_ceiling")
        indexes = (models.Index(fields=("saver", "acts_from")),)
        constraints = (
            models.CheckConstraint(
                name="ceiling_not_negative",
                condition=Q(amount=None) | Q(amount__gte=0),
                violation_error_message=_("Un plafond n’est pas négatif."),
            ),
            models.CheckConstraint(name="ceiling_acts_after_it_is_set", condition=Q(acts_from__gte=F("set_at"))),
        )

    def __str__(self) -> str:
        return f"{self.saver}: {self.amount}"
