"""Pictures of a campaign: who brings what, and the image that is shared. Drawn once, told as tables too."""

from collections.abc import Sequence

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from fres.kernel.charts import Box, ChartTable, Drawing, Label, Part, euros
from fres.kernel.money import to_cents
from fres.kernel.pdf.canvas import RIGHT
from fres.kernel.templatetags.fres import rate as told_rate
from funds.models import FundingSource, Offer

WIDTH, ROW, BAR = 640.0, 46.0, 16.0
IMAGE_WIDTH, IMAGE_HEIGHT = 1200, 630  # what social networks crop to
_COLOURS = {"paper": "#FBF9F8", "ink": "#53295A", "text": "#271C2A", "quiet": "#63545F", "margin": "#C4587A"}
_LINE_SIGNS, _MOST_LINES = 34, 3


def funding_picture(lines: Sequence[FundingSource]) -> Drawing:
    """Return one bar a line, the longest whole; a guarantee is told apart, it brings no money.

    Raises: ValueError: no line.
    """
    if not lines:
        raise ValueError("a funding plan has a line")
    amounts = [to_cents(line.amount) for line in lines]
    highest = max(amounts)
    parts: list[Part] = []
    for place, (line, cents) in enumerate(zip(lines, amounts, strict=True)):
        top = place * ROW
        name = str(line.get_kind_display()) + (f", {line.label}" if line.label else "")
        parts.append(Label(0, top + 14, name))
        parts.append(Label(WIDTH, top + 14, euros(cents), "t-strong", RIGHT))
        length = WIDTH * cents / highest
        is_ours = line.kind == FundingSource.Kind.SAVERS
        fill = "d-ink" if is_ours else "" if line.kind == FundingSource.Kind.GUARANTEE else "map-3"
        if not is_ours and not line.is_obtained and fill:
            fill = "stripes"
        parts.append(Box(0, top + 20, length, BAR, fill))
        parts.append(Box(0, top + 20, length, BAR, "", "l-edge"))
    brought = sum(cents for line, cents in zip(lines, amounts, strict=True) if not _is_guarantee(line))
    rows = [
        (
            str(line.get_kind_display()) + (f", {line.label}" if line.label else ""),
            euros(cents),
            _("cette offre")
            if line.kind == FundingSource.Kind.SAVERS
            else _("obtenu") if line.is_obtained else _("demandé"),
        )
        for line, cents in zip(lines, amounts, strict=True)
    ]  # fmt: skip
    rows.append((_("Total, sans les garanties"), euros(brought), ""))
    table = ChartTable(_("Le plan de financement, en euros"), (_("Qui"), _("Montant"), _("État")), tuple(rows))
    title = _("Plan de financement : %(total)s, si l’offre atteint son maximum.") % {"total": euros(brought)}
    return Drawing(title, (0, 0, WIDTH, ROW * len(lines)), tuple(parts), table)


def share_image(offer: Offer, *, site_name: str) -> SafeString:
    """Return the image of an offer as a whole SVG file: the risk stands at the size of the rate (ruling B31)."""
    title = _wrapped(offer.project.title)
    if offer.is_gift:
        gain, risk = _("Un don : aucun retour d’argent"), _("Un don n’est pas rendu")
    else:
        gain = _("%(rate)s par an, prêt de %(months)s mois") % {
            "rate": told_rate(offer.rate_bp), "months": offer.months
        }  # fmt: skip
        risk = _("Risque : perte de toute la somme")
    lines = [
        f'<text x="120" y="{170 + 78 * place}" font-family="Georgia, serif" font-size="64" fill="{_COLOURS["text"]}">'
        f"{escape(line)}</text>"
        for place, line in enumerate(title)
    ]
    facts = [
        f'<text x="120" y="{440 + 58 * place}" font-family="Helvetica, Arial, sans-serif" font-size="44" '
        f'font-weight="600" fill="{_COLOURS["ink"]}">{escape(fact)}</text>'
        for place, fact in enumerate((gain, risk))
    ]
    small = [
        f'<text x="120" y="{y}" font-family="Helvetica, Arial, sans-serif" font-size="28" fill="{_COLOURS["quiet"]}">'
        f"{escape(text)}</text>"
        for y, text in ((90, site_name), (590, _("Communication à caractère promotionnel")))
    ]
    return mark_safe(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{IMAGE_WIDTH}" height="{IMAGE_HEIGHT}" '
        f'viewBox="0 0 {IMAGE_WIDTH} {IMAGE_HEIGHT}" role="img" aria-label="{escape(offer.project.title)}">'
        f'<rect width="{IMAGE_WIDTH}" height="{IMAGE_HEIGHT}" fill="{_COLOURS["paper"]}"/>'
        f'<line x1="80" x2="80" y1="40" y2="590" stroke="{_COLOURS["margin"]}" stroke-width="4"/>'
        + "".join([*lines, *facts, *small])
        + "</svg>"
    )


def _is_guarantee(line: FundingSource) -> bool:
    return line.kind == FundingSource.Kind.GUARANTEE


def _wrapped(text: str) -> list[str]:
    lines: list[str] = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) + 1 > _LINE_SIGNS:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES - 1], lines[_MOST_LINES - 1] + "…"]
    return lines
