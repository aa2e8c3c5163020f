"""Committees: colleges with weights, seats, drawn lots, scoring grids, axes of the regional scheme (R-045–R-049)."""

import uuid
from fractions import Fraction

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from fres.kernel import append_only
from fres.kernel.history import track_every_change
from investors.models import User

BASIS = 10_000  # basis points in a whole


def whole_weights(name: str, column: str) -> pgtrigger.Trigger:
    """Return the trigger that refuses, when the transaction ends, weights of one owner that do not make 10 000."""
    return pgtrigger.Trigger(
        name=name,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        when=pgtrigger.After,
        timing=pgtrigger.Deferred,
        declare=[("total", "BIGINT")],
        func=pgtrigger.Func(
            f"SELECT SUM(weight_bp) INTO total FROM {{meta.db_table}} "
            f"WHERE {column} = COALESCE(NEW.{column}, OLD.{column}); "
            f"IF total <> {BASIS} THEN RAISE EXCEPTION '{name}: % basis points instead of {BASIS}', total "
            f"USING ERRCODE = 'check_violation', CONSTRAINT = '{name}'; END IF; RETURN NULL;"
        ),
    )


@track_every_change()
class Committee(models.Model):
    """A committee of a fund, with the rules that each new session takes over and freezes."""

    class Majority(models.TextChoices):
        SIMPLE = "SIMPLE", _("Plus de la moitié")
        TWO_THIRDS = "TWO_THIRDS", _("Au moins les deux tiers")
        THREE_QUARTERS = "THREE_QUARTERS", _("Au moins les trois quarts")

    class TieRule(models.TextChoices):
        CHAIR = "CHAIR", _("La voix de la présidence départage")
        ADJOURN = "ADJOURN", _("Le dossier est ajourné")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    fund_uuid = models.UUIDField(_("fonds"))
    name = models.CharField(_("nom"), max_length=120)
    quorum_bp = models.PositiveSmallIntegerField(_("quorum, part des sièges en points de base"), default=5_000)
    majority = models.CharField(_("majorité"), max_length=16, choices=Majority, default=Majority.SIMPLE)
    tie_rule = models.CharField(_("en cas de partage"), max_length=8, choices=TieRule, default=TieRule.ADJOURN)
    created_at = models.DateTimeField(_("créé le"))

    class Meta:
        verbose_name = _("comité")
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(
                name="committee_named_once_in_a_fund",
                fields=("fund_uuid", "name"),
                violation_error_message=_("Ce fonds a déjà un comité de ce nom."),
            ),
            models.CheckConstraint(
                name="committee_quorum_is_a_share",
                condition=Q(quorum_bp__gte=1, quorum_bp__lte=BASIS),
                violation_error_message=_("Le quorum est une part des sièges, de 0,01 % à 100 %."),
            ),
        )

    def __str__(self) -> str:
        return self.name


@track_every_change()
class College(models.Model):
    """One of the bodies a committee is made of; its weight is a share of the result (§5.1: from 10 % to 50 %)."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    committee = models.ForeignKey(Committee, on_delete=models.PROTECT, related_name="colleges")
    name = models.CharField(_("nom"), max_length=80)
    weight_bp = models.PositiveSmallIntegerField(_("poids en points de base"))
    rank = models.PositiveSmallIntegerField(_("rang"))

    class Meta:
        verbose_name = _("collège")
        ordering = ("committee", "rank")
        triggers = (whole_weights("college_weights_make_one", "committee_id"),)
        constraints = (
            models.UniqueConstraint(name="college_rank_once", fields=("committee", "rank")),
            models.UniqueConstraint(
                name="college_named_once",
                fields=("committee", "name"),
                violation_error_message=_("Ce comité a déjà un collège de ce nom."),
            ),
            models.CheckConstraint(
                name="college_weight_between_a_tenth_and_a_half",
                condition=Q(weight_bp__gte=1_000, weight_bp__lte=5_000),
                violation_error_message=_("Un collège pèse de 10 % à 50 %."),
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def weight(self) -> Fraction:
        return Fraction(self.weight_bp, BASIS)


class Draw(models.Model):
    """A draw of seats anyone may redo: who could be drawn, the seed and its origin, everyone in drawn order."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    college = models.ForeignKey(College, on_delete=models.PROTECT, related_name="draws")
    method = models.CharField(_("méthode"), max_length=40)
    seed = models.CharField(_("graine"), max_length=200)
    seed_source = models.CharField(_("origine de la graine"), max_length=200)
    pool = models.JSONField(_("personnes éligibles"))  # uuids of accounts, in the order of their text
    ranking = models.JSONField(_("ordre du tirage"))  # the same uuids, drawn order: those after the places stand in
    places = models.PositiveSmallIntegerField(_("sièges à pourvoir"))
    by = models.ForeignKey(User, verbose_name=_("par"), on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("le"))

    class Meta:
        verbose_name = _("tirage au sort")
        verbose_name_plural = _("tirages au sort")
        ordering = ("-at",)
        triggers = append_only.triggers("draw")
        constraints = (
            models.CheckConstraint(
                name="draw_has_places_and_a_seed",
                condition=Q(places__gte=1) & ~Q(seed="") & ~Q(seed_source=""),
                violation_error_message=_("Un tirage a des sièges à pourvoir, une graine et l’origine de la graine."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.college} {self.at:%Y-%m-%d}"


@track_every_change()
class Seat(models.Model):
    """A person who sits in one college between two days. Never deleted: votes and minutes name it."""

    class How(models.TextChoices):
        ELECTED = "elected", _("Élu·e")
        DRAWN = "drawn", _("Tiré·e au sort")
        APPOINTED = "appointed", _("Désigné·e")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    committee = models.ForeignKey(Committee, on_delete=models.PROTECT, related_name="seats")
    college = models.ForeignKey(College, on_delete=models.PROTECT, related_name="seats")
    user = models.ForeignKey(User, verbose_name=_("membre"), on_delete=models.PROTECT, related_name="committee_seats")
    how = models.CharField(_("désignation"), max_length=10, choices=How)
    draw = models.ForeignKey(Draw, on_delete=models.PROTECT, null=True, blank=True, related_name="seats")
    stands_for = models.CharField(_("au titre de"), max_length=120, blank=True)
    valid_from = models.DateField(_("du"))
    valid_to = models.DateField(_("jusqu’au"), null=True, blank=True)  # the first day it no longer holds

    class Meta:
        verbose_name = _("siège")
        ordering = ("college__rank", "pk")
        constraints = (
            models.UniqueConstraint(
                name="seat_one_college_a_person",
                fields=("committee", "user"),
                condition=Q(valid_to=None),
                violation_error_message=_("Cette personne siège déjà : on vote dans un seul collège."),
            ),
            models.CheckConstraint(
                name="seat_ends_after_it_starts",
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")),
                violation_error_message=_("Un siège se termine après avoir commencé."),
            ),
            models.CheckConstraint(
                name="seat_drawn_has_its_draw",
                condition=Q(how="drawn", draw__isnull=False) | (~Q(how="drawn") & Q(draw=None)),
                violation_error_message=_("Un siège tiré au sort nomme son tirage."),
            ),
        )

    def __str__(self) -> str:
        return str(self.user)


class Grid(models.Model):
    """A scoring grid in one version. Published at once with its criteria, never changed: a change is a new version."""

    class VetoQuota(models.TextChoices):
        ANY = "ANY", _("dès qu’une personne note zéro")
        MAJORITY = "MAJORITY", _("quand plus de la moitié des notes sont zéro")
        ALL = "ALL", _("quand toutes les notes sont zéro")

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    committee = models.ForeignKey(Committee, on_delete=models.PROTECT, related_name="grids")
    version = models.PositiveSmallIntegerField(_("version"))
    name = models.CharField(_("nom"), max_length=120)
    scale_max = models.PositiveSmallIntegerField(_("note la plus haute"))
    veto_quota = models.CharField(_("veto"), max_length=10, choices=VetoQuota, default=VetoQuota.MAJORITY)
    by = models.ForeignKey(User, verbose_name=_("publiée par"), on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(_("publiée le"))

    class Meta:
        verbose_name = _("grille")
        ordering = ("committee", "-version")
        triggers = append_only.triggers("grid")
        constraints = (
            models.UniqueConstraint(name="grid_version_once", fields=("committee", "version")),
            models.CheckConstraint(
                name="grid_scale_has_steps",
                condition=Q(scale_max__gte=2, scale_max__lte=20),
                violation_error_message=_("Les notes vont de 0 à un nombre entre 2 et 20."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class GridCriterion(models.Model):
    """A line of a grid. On a veto line, a total absence disqualifies, whatever the other scores."""

    grid = models.ForeignKey(Grid, on_delete=models.PROTECT, related_name="criteria")
    rank = models.PositiveSmallIntegerField(_("rang"))
    code = models.CharField(_("code"), max_length=8)
    label = models.CharField(_("critère"), max_length=160)
    help_text = models.CharField(_("à regarder"), max_length=300, blank=True)
    weight_bp = models.PositiveSmallIntegerField(_("poids en points de base"))
    is_veto = models.BooleanField(_("veto si totalement absent"), default=False)

    class Meta:
        verbose_name = _("critère de grille")
        verbose_name_plural = _("critères de grille")
        ordering = ("grid", "rank")
        triggers = (
            *append_only.triggers("grid_criterion"),
            whole_weights("grid_weights_make_one", "grid_id"),
        )
        constraints = (
            models.UniqueConstraint(name="grid_criterion_rank_once", fields=("grid", "rank")),
            models.UniqueConstraint(name="grid_criterion_code_once", fields=("grid", "code")),
            models.CheckConstraint(
                name="grid_criterion_weighs",
                condition=Q(weight_bp__gte=1, weight_bp__lte=BASIS),
                violation_error_message=_("Chaque critère pèse quelque chose."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.code} {self.label}"

    @property
    def weight(self) -> Fraction:
        return Fraction(self.weight_bp, BASIS)


@track_every_change()
class SchemeAxis(models.Model):
    """An axis of the regional scheme: each decision is linked to one (R-049)."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    fund_uuid = models.UUIDField(_("fonds"))
    scheme = models.CharField(_("schéma régional"), max_length=160)
    code = models.CharField(_("code"), max_length=20)
    label = models.CharField(_("axe"), max_length=200)
    valid_from = models.DateField(_("du"))
    valid_to = models.DateField(_("jusqu’au"), null=True, blank=True)  # the first day it no longer holds

    class Meta:
        verbose_name = _("axe du schéma régional")
        verbose_name_plural = _("axes du schéma régional")
        ordering = ("code",)
        constraints = (
            models.UniqueConstraint(
                name="scheme_axis_code_once",
                fields=("fund_uuid", "scheme", "code"),
                violation_error_message=_("Cet axe existe déjà dans ce schéma."),
            ),
            models.CheckConstraint(
                name="scheme_axis_ends_after_it_starts",
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
                violation_error_message=_("Un axe se termine après avoir commencé."),
            ),
        )

    def __str__(self) -> str:
        return f"{self.code} – {self.label}"
