"""What lenders are told of a financing in trouble: at once, one message a fact (ruling B26)."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from fres.kernel.messages import queue_message
from fres.kernel.models import Message
from funds.models import Offer


def tell_lenders(*, offer: Offer, name: str, words: str, at: datetime, page: str = "", mark: str = "") -> int:
    """Tell every lender of a loan a fact named in `_headings`, once a day (or a mark); return how many were written to.

    Args: page: the address to open; the lender's commitment without one.
    """
    told = 0
    holdings = offer.loan.holdings.select_related("commitment__by").order_by("pk")
    for holding in holdings.iterator(chunk_size=500):
        reader = holding.commitment.by
        key = f"financing:{offer.uuid}:{name}:{mark or format(at, '%Y%m%d')}:{holding.pk}"
        if Message.objects.filter(key=key).exists():
            continue
        with override(reader.language):
            heading, notice = _headings()[name]
            button = _("Lire et répondre") if page else _("Voir mon engagement")
        queue_message(
            to=reader.email,
            template="applications/notice",
            context={
                "title": offer.project.title,
                "heading": heading,
                "lines": [words],
                "notice": notice,
                "button": button,
                "url": f"{settings.SITE_URL}{page or reverse('funds:commitment', args=[holding.commitment.uuid])}",
            },
            key=key,
            at=at,
            about=("offer", offer.uuid),
            language=reader.language,
        )
        told += 1
    return told


def _headings() -> dict[str, tuple[str, str]]:
    return {
        "arrears": (
            _("une échéance est impayée depuis longtemps"),
            _("Vous pouvez perdre tout ou partie de ce que vous avez prêté."),
        ),
        "consent_asked": (
            _("votre accord est demandé sur un nouvel échéancier"),
            _("Sans l’accord de plus de la moitié du capital prêté, il ne s’applique pas."),
        ),
        "tranche_returned": (
            _("une tranche que les prêteurs ont refusée leur revient"),
            _("Votre part est à vous être versée ; votre échéancier est recalculé sur ce qui reste prêté."),
        ),
        "restructured": (_("le prêt a un nouvel échéancier"), ""),
        "default": (
            _("le prêt est en défaut"),
            _("Vous pouvez perdre tout ou partie de ce que vous avez prêté."),
        ),
        "loss": (
            _("une perte est constatée sur votre prêt"),
            _("Votre attestation de perte, pour vos impôts, est dans vos documents."),
        ),
    }
