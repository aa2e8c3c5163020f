"""How allauth behaves here: our messages, our words, our encryption (ruling B26)."""

from typing import Any
from uuid import uuid4

import qrcode
from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import get_language, override
from django.utils.translation import gettext_lazy as _

from fres.kernel import clock
from fres.kernel.messages import queue_message
from fres.kernel.templatetags.fres import datetime_long
from investors import encryption
from investors.models import User

# What a mail may carry out of allauth's context: links and addresses, never the request or the account itself.
_CARRIED = ("activate_url", "password_reset_url", "signup_url", "from_email", "to_email", "deleted_email", "ip")
_LANGUAGES = frozenset(code for code, _name in settings.LANGUAGES)


class AccountAdapter(DefaultAccountAdapter):
    """Mails are rows written with their job; refusals say the rule and the next step."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "account_inactive": _("Ce compte est fermé. Écrivez-nous pour le rouvrir."),
        "cannot_remove_primary_email": _(
            "Cette adresse est votre adresse principale. Choisissez-en d’abord une autre comme principale."
        ),
        "duplicate_email": _("Cette adresse est déjà celle de votre compte."),
        "email_password_mismatch": _(
            "L’adresse et le mot de passe ne vont pas ensemble. "
            "Vérifiez l’adresse, ou demandez un nouveau mot de passe."
        ),
        "email_taken": _("Un compte existe déjà à cette adresse. Connectez-vous, ou demandez un nouveau mot de passe."),
        "enter_current_password": _("Écrivez votre mot de passe actuel."),
        "incorrect_code": _("Ce code n’est pas le bon, ou il a déjà servi. Attendez le suivant, puis écrivez-le."),
        "incorrect_password": _("Ce mot de passe n’est pas le bon."),
        "invalid_login": _("Cette adresse n’est pas reconnue."),
        "invalid_or_expired_key": _("Ce lien a servi ou a expiré. Demandez-en un autre."),
        "invalid_password_reset": _("Ce lien a servi ou a expiré. Demandez-en un autre."),
        "max_email_addresses": _("Un compte a %d adresses au plus. Supprimez-en une, puis ajoutez celle-ci."),
        "too_many_login_attempts": _("Trop d’essais ont échoué. Attendez cinq minutes, puis recommencez."),
        "unknown_email": _("Aucun compte n’existe à cette adresse."),
        "unverified_primary_email": _("Votre adresse principale doit d’abord être vérifiée."),
        "same_as_current": _("La nouvelle valeur est la même que l’ancienne."),
        "rate_limited": _("Trop de demandes à la suite. Attendez quelques minutes, puis recommencez."),
    }

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        language = get_language()
        user.language = language if language in _LANGUAGES else settings.LANGUAGE_CODE
        return super().save_user(request, user, form, commit=commit)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write the mail as a row with its job: `account/email/x` and `mfa/email/x` are both `mail/account/x`."""
        name = template_prefix.rsplit("/", 1)[-1]
        user = context.get("user") or User.objects.filter(emailaddress__email=email).first()
        language = user.language if user else (get_language() or settings.LANGUAGE_CODE)
        at = clock.now()
        with override(language):
            values = {key: str(context[key]) for key in _CARRIED if context.get(key)} | {"moment": datetime_long(at)}
        queue_message(
            to=email,
            template=f"account/{name}",
            context=values,
            key=f"account/{name}/{uuid4()}",
            at=at,
            about=("investors.User", user.uuid) if user else None,
            language=language,
        )


class MFAAdapter(DefaultMFAAdapter):
    """Secrets of second factors are sealed before they reach the database."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "add_email_blocked": _(
            "Ce compte est protégé par un second facteur : une adresse ne s’ajoute qu’après l’avoir retiré."
        ),
        "cannot_delete_authenticator": _("Ce second facteur ne peut pas être retiré."),
        "cannot_generate_recovery_codes": _("Les codes de secours demandent d’abord un second facteur."),
        "incorrect_code": _("Ce code n’est pas le bon, ou il a déjà servi. Attendez le suivant, puis écrivez-le."),
        "unverified_email": _("Vérifiez d’abord votre adresse e-mail : un second facteur s’ajoute ensuite."),
    }

    def encrypt(self, text: str) -> str:
        return encryption.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return encryption.decrypt(encrypted_text)

    def build_totp_svg(self, url: str) -> str:
        """Return the QR code as one inline drawing: the content policy refuses `data:` pictures.

        Black on white in both colour schemes, because cameras do not read the reverse.
        """
        code = qrcode.QRCode(border=4, error_correction=qrcode.constants.ERROR_CORRECT_M)
        code.add_data(url)
        rows = code.get_matrix()
        squares = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark)
        return format_html(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {0}" width="232" height="232" role="img" '
            'shape-rendering="crispEdges"><title>{1}</title><rect width="{0}" height="{0}" fill="#fff"/>'
            '<path d="{2}" fill="#000"/></svg>',
            len(rows),
            _("Code à lire avec l’application d’authentification"),
            squares,
        )
