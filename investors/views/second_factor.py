"""Installing the second factor: allauth's page, which also counts as its first use."""

from typing import Any

from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.views import ActivateTOTPView
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _


class _ActivateAndProve(ActivateTOTPView):
    """Typing a right code to install the factor proves it: the back office must not ask again at once."""

    def get_form(self, form_class: Any = None) -> Any:
        form = super().get_form(form_class)
        form.fields["code"].label = _("Code à six chiffres")
        return form

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        installed = Authenticator.objects.get(user=self.request.user, type=Authenticator.Type.TOTP)
        post_authentication(self.request, installed, reauthenticated=True)
        return response


activate_totp = _ActivateAndProve.as_view()
