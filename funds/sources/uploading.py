"""Receiving a partner's file and deciding it: one operation for the page and for the API (ruling C10).

A file is known by its content: sent twice, it is there once. Nothing of a refused file is counted.
"""

from collections.abc import Iterable
from datetime import datetime
from itertools import islice
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from fres.kernel import clock, jobs, parameters, territories
from fres.kernel.document_files import path_of, store_chunks
from fres.kernel.errors import RuleViolation
from fres.kernel.models import Territory
from fres.kernel.states import advance
from fres.kernel.uploads import BYTES_IN_MEGABYTE, FileTooHeavy, limit_for
from funds.models import Channel, Partner, PartnerKey, PartnerUpload, UploadLine
from funds.sources import states
from funds.sources.checking import CheckedLine, Known, Report, check_lines
from funds.sources.format import FORMAT, period_end, read_lines
from funds.sources.partners import require_engagement
from funds.sources.states import UploadState
from investors.models import User

# A file up to this size is decided while the person waits; a heavier one by the worker.
AT_ONCE_BYTES = 500_000
BATCH = 2_000


class NoActiveChannel(RuleViolation):
    """A partner without a channel in activity has nothing to declare."""

    rule = "no-active-channel"


class UploadAlreadyReplaced(RuleViolation):
    """The content is that of a file which a later one replaced."""

    rule = "upload-already-replaced"


class UploadEmpty(RuleViolation):
    """The file has no byte."""

    rule = "upload-empty"


@jobs.job(name="check_partner_upload")
def check_upload_job(*, upload_uuid: str) -> None:
    check_upload(upload=PartnerUpload.objects.get(uuid=upload_uuid), at=clock.now())


@transaction.atomic
def receive_upload(
    *, partner: Partner, file: UploadedFile, by: User, at: datetime, key: PartnerKey | None = None
) -> tuple[PartnerUpload, bool]:
    """Keep a file and decide it, at once when it is light, else by the worker.

    Args: key: of the program that sent it; none when a person did.

    Returns: the row, and whether it is new: the same content is there once.
    Raises: FileTooHeavy; UploadEmpty; EngagementMissing; NoActiveChannel; UploadAlreadyReplaced.
    """
    partner = Partner.objects.select_for_update(of=("self",)).get(pk=partner.pk)
    require_engagement(partner)
    if not Channel.objects.filter(partner=partner, stage=Channel.Stage.ACTIVE).exists():
        raise NoActiveChannel(
            _("Aucun canal de ce partenaire n’est en activité."),
            next_step=_("Le fonds inscrit le canal au registre ; déposez ensuite le fichier."),
        )
    limit = limit_for("/partenaire/")
    if (file.size or 0) > limit.file_bytes:
        raise FileTooHeavy(
            _("Ce fichier pèse %(size)d Mo ; la limite est de %(limit)d Mo.")
            % {"size": -(-(file.size or 0) // BYTES_IN_MEGABYTE), "limit": limit.megabytes},
            next_step=_("Déposez une période à la fois."),
        )
    if not file.size:
        raise UploadEmpty(
            _("Le fichier est vide."), next_step=_("Vérifiez le fichier choisi, puis déposez-le de nouveau.")
        )
    sha256, size = store_chunks(file.chunks())
    known = PartnerUpload.objects.filter(partner=partner, sha256=sha256).exclude(state=UploadState.REFUSED).first()
    if known is not None and known.state == UploadState.REPLACED:
        raise UploadAlreadyReplaced(
            _("Ce fichier est celui du %(day)s, qu’un autre a remplacé depuis.")
            % {"day": f"{clock.local(known.received_at):%d/%m/%Y}"},
            next_step=_("Pour revenir à ces chiffres, déposez-les avec une ligne de plus ou de moins, vide."),
        )
    if known is not None:
        return known, False
    upload = PartnerUpload.objects.create(
        partner=partner,
        name=(file.name or "")[-160:],
        sha256=sha256,
        size=size,
        by=by,
        received_at=at,
        key=key,
    )
    if size <= AT_ONCE_BYTES:
        return check_upload(upload=upload, at=at), True
    jobs.defer(
        check_upload_job, queueing_lock=f"partner-upload-{upload.uuid}", is_new=True, upload_uuid=str(upload.uuid)
    )
    return upload, True


@transaction.atomic
def check_upload(*, upload: PartnerUpload, at: datetime) -> PartnerUpload:
    """Read the whole file, then write its lines or its errors; a file already decided is returned as it is.

    An accepted file replaces the one of its period.
    """
    partner = Partner.objects.select_for_update(of=("self",)).select_related("fund").get(pk=upload.partner_id)
    upload = PartnerUpload.objects.get(pk=upload.pk)
    if upload.state != UploadState.TO_VERIFY:
        return upload
    known = _known(partner, at)
    report = Report(parameters.value_at("sources.max_errors", known.today).whole)
    path = path_of(upload.sha256)
    with path.open("rb") as file:
        for _line in check_lines(read_lines(file), known=known, report=report):
            pass
    found: dict[str, Any] = {
        "checked_at": at, "format": FORMAT, "period": report.period, "period_ends_on": period_end(report.period),
        "lines_count": report.lines, "notes": [report.notes[code] for code in sorted(report.notes)],
    }  # fmt: skip
    if not report.is_sound:
        errors: dict[str, Any] = {"errors": report.as_rows(), "has_more_errors": report.has_more}
        return advance(upload, states.REFUSE, by=None, at=at, **found, **errors)
    with path.open("rb") as file:
        again = Report(report.max_errors)
        _write(upload, check_lines(read_lines(file), known=known, report=again))
    before = PartnerUpload.objects.filter(partner=partner, period=report.period, state=UploadState.ACCEPTED).first()
    if before is not None:
        advance(before, states.REPLACE, by=upload.by, at=at)
    return advance(upload, states.ACCEPT, by=None, at=at, replaces=before, **found)


def check_left_behind(*, at: datetime) -> int:
    """Decide every file whose job never ran. Returns: how many."""
    left = list(PartnerUpload.objects.filter(state=UploadState.TO_VERIFY).order_by("received_at", "pk"))
    for upload in left:
        check_upload(upload=upload, at=at)
    return len(left)


def _write(upload: PartnerUpload, lines: Iterable[CheckedLine]) -> None:
    remaining = iter(lines)
    while batch := list(islice(remaining, BATCH)):
        UploadLine.objects.bulk_create(
            UploadLine(
                upload=upload, number=line.number, nature=line.nature, instrument=line.instrument,
                sent_commune_code=line.sent_commune_code, commune_code=line.commune_code,
                client_class=line.client_class, amount_cents=line.amount_cents, count=line.count,
                target_siren=line.target_siren, target_instrument=line.target_instrument,
            )
            for line in batch
        )  # fmt: skip


def _known(partner: Partner, at: datetime) -> Known:
    active = Channel.objects.filter(fund=partner.fund, stage=Channel.Stage.ACTIVE, partner__isnull=False)
    sources = frozenset(active.values_list("partner__siren", "instrument"))
    rows = Territory.objects.filter(
        level__in=(Territory.Level.COMMUNE, Territory.Level.ARRONDISSEMENT), is_current=True
    ).values_list("code", "parent_code", "region_code", "level")
    communes = {
        code: (parent if level == Territory.Level.ARRONDISSEMENT else code, region)
        for code, parent, region, level in rows
    }
    cache: dict[str, list[tuple[str, str, str]]] = {}

    def successors(code: str) -> list[tuple[str, str, str]]:
        if code not in cache:
            cache[code] = [(row.code, row.name, row.region_code) for row in territories.successors(code)]
        return cache[code]

    return Known(
        siren=partner.siren,
        region_code=partner.fund.region_code,
        today=clock.local(at).date(),
        instruments=frozenset(instrument for siren, instrument in sources if siren == partner.siren),
        sources=sources,
        communes=communes,
        successors=successors,
    )
