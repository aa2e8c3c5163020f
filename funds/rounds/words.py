"""A vote in words: why a project won or lost, and the frozen rules as sentences."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fres.kernel.money import format_cents
from funds.allocation.elections import Comparison, CountingRules, Satisfaction, TieRule
from funds.allocation.words import percent
from funds.models import Round
from funds.rounds.colleges import ANONYMOUS_FROM


def why_won(one: dict[str, Any]) -> str:
    """Return why a project won, from its line of the outcome."""
    if one["how"] == "support":
        return _("Ajouté par son nombre de voix, avec ce qui restait.")
    if one["how"] == "greedy":
        return _("Plus de votants préfèrent le résultat par nombre de voix.")
    if one["how"] == "all":
        return _("Tous les projets tiennent dans la somme à répartir.")
    numerator, _slash, denominator = str(one["rate_cents"]).partition("/")
    cents = -(-int(numerator) // int(denominator or 1))
    return _("Payé par ses soutiens, %(most)s au plus chacun.") % {"most": format_cents(cents)}


def why_lost(one: dict[str, Any]) -> Iterator[str]:
    """Yield what a project lacked, from its line of the outcome."""
    if not one["supporters"]:
        yield _("Personne ne l’a choisi.")
        return
    yield ngettext("%(n)d soutien.", "%(n)d soutiens.", one["supporters"]) % {"n": one["supporters"]}
    if one["missing_cents"]:
        which = (
            _("Avec les parts réelles, il leur manquait %(missing)s ensemble.")
            if one["with_real_shares"]
            else _("Au dernier décompte, il leur manquait %(missing)s ensemble.")
        )
        yield which % {"missing": format_cents(one["missing_cents"])}
    if one["more_supporters"]:
        yield ngettext(
            "Un soutien de plus, avec %(each)s, l’aurait fait gagner ce décompte.",
            "%(n)d soutiens de plus, avec %(each)s chacun, l’auraient fait gagner ce décompte.",
            one["more_supporters"],
        ) % {"n": one["more_supporters"], "each": format_cents(one["each_cents"])}
    if not one["fits"]:
        yield _("Il coûte plus que ce qui reste.")


def rules_in_words(of: Round) -> list[str]:
    """Return the frozen rules as sentences."""
    rules = CountingRules.from_dict(of.rules)
    sentences = [
        _(
            "Chaque votant dispose d’une part égale de la somme ; les soutiens d’un projet le paient ensemble, "
            "à parts égales (méthode des parts égales)."
        ),
    ]
    if rules.completion.raises:
        sentences.append(
            _(
                "S’il reste de l’argent, la part de chacun est relevée de %(delta)s à la fois, tant que le total "
                "ne dépasse pas la somme."
            )
            % {"delta": format_cents(rules.delta_cents)}
        )
    if rules.completion.stops_when_nothing_fits:
        sentences.append(_("La relance s’arrête aussi dès que plus aucun projet soutenu ne tient dans ce qui reste."))
    if rules.completion.adds_by_support:
        sentences.append(_("Puis les projets qui tiennent encore sont ajoutés, par nombre de voix."))
    sentences += [*_college_words(of), *_satisfaction_words(rules)]
    words = {
        TieRule.MORE_APPROVERS: _("le plus de soutiens"),
        TieRule.LOWER_COST: _("le coût le plus bas"),
        TieRule.HIGHER_COST: _("le coût le plus haut"),
        TieRule.DRAWN_ORDER: _("l’ordre tiré au sort : %(order)s") % {"order": ", ".join(rules.drawn_order)},
    }
    sentences.append(_("En cas d’égalité : %(list)s.") % {"list": " ; ".join(words[rule] for rule in rules.ties)})
    sentences.append(
        _(
            "La loi et les règles du fonds passent avant le vote ; un projet élu qu’elles écartent est nommé, avec la "
            "règle."
        )
    )
    return sentences


def _college_words(of: Round) -> Iterator[str]:
    for one in of.colleges:
        yield _("Le collège « %(name)s » se partage %(share)s de la somme, à parts égales entre ses votants.") % {
            "name": one["name"],
            "share": percent(Fraction(one["weight"])),
        }
    if of.colleges:
        yield _(
            "Si un collège compte moins de %(n)d votants, le vote se dépouille sans collèges, pour rester secret."
        ) % {"n": ANONYMOUS_FROM}


def _satisfaction_words(rules: CountingRules) -> Iterator[str]:
    yield {
        Satisfaction.COST: _("Un projet financé vaut son coût pour chacun de ses soutiens."),
        Satisfaction.ONE: _("Un projet financé vaut un pour chacun de ses soutiens, quel que soit son coût."),
        Satisfaction.POINTS: _(
            "Un projet financé vaut pour chacun les points qu’il lui a donnés, et se paie à proportion."
        ),
    }[rules.satisfaction]
    if rules.comparison is not Comparison.NONE:
        yield {
            Comparison.NUMBER: _(
                "Enfin chaque votant compare avec le résultat par nombre de voix : gagne celui qui contient "
                "le plus de ses projets."
            ),
            Comparison.SATISFACTION: _(
                "Enfin chaque votant compare avec le résultat par nombre de voix : gagne celui qui le "
                "satisfait le plus."
            ),
            Comparison.EXCLUSION: _(
                "Enfin on compare avec le résultat par nombre de voix : gagne celui qui laisse le moins de votants "
                "sans aucun de leurs projets."
            ),
        }[rules.comparison]
