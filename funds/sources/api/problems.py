"""Refusals of the API, each as `application/problem+json` (RFC 9457), in the language that is asked for."""

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError

from fres.kernel.errors import RuleViolation
from fres.kernel.problems import problem
from fres.kernel.uploads import FileTooHeavy


class ScopeMissing(RuleViolation):
    """The key is in force and has not this right."""

    rule = "partner-key-scope"


def register(api: NinjaAPI) -> None:
    """Have every refusal of an API answered as a problem."""

    @api.exception_handler(RuleViolation)
    def refused(request: HttpRequest, refusal: RuleViolation) -> HttpResponse:
        status = {FileTooHeavy: 413, ScopeMissing: 403}.get(type(refusal), 409)
        return problem(status, refusal.message, rule=refusal.rule, next_step=str(refusal.next_step or ""))

    @api.exception_handler(AuthenticationError)
    def unknown_key(request: HttpRequest, refusal: AuthenticationError) -> HttpResponse:
        answer = problem(
            401, _("Cette clé n’est pas en vigueur."), rule="partner-key",
            next_step=_("Envoyez « Authorization: Bearer » suivi d’une clé de votre espace partenaire."),
        )  # fmt: skip
        answer["WWW-Authenticate"] = "Bearer"
        return answer

    @api.exception_handler(Throttled)
    def too_often(request: HttpRequest, refusal: Throttled) -> HttpResponse:
        answer = problem(429, _("Trop d’appels en une minute."), rule="partner-key-rate", next_step=_("Attendez."))
        answer["Retry-After"] = str(int(refusal.wait or 60) or 1)
        return answer

    @api.exception_handler(Http404)
    def not_found(request: HttpRequest, refusal: Http404) -> HttpResponse:
        return problem(404, _("Rien à cette adresse pour ce partenaire."), rule="not-found")

    @api.exception_handler(HttpError)
    def other(request: HttpRequest, refusal: HttpError) -> HttpResponse:
        return problem(refusal.status_code, _("Cette demande n’est pas comprise."), rule="request")

    @api.exception_handler(ValidationError)
    def not_valid(request: HttpRequest, refusal: ValidationError) -> HttpResponse:
        names = sorted({str(one["loc"][-1]) for one in refusal.errors if one.get("loc")})
        title = _("Ces champs manquent ou ne se lisent pas : %(names)s.") % {"names": ", ".join(names)}
        return problem(422, title, rule="request", fields=names)
