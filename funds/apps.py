from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FundsConfig(AppConfig):
    name = "funds"
    verbose_name = _("Fonds et argent")

    def ready(self) -> None:
        from django.conf import settings
        from moneyed import add_currency

        from fres.kernel.context import provide_names
        from fres.kernel.parameters import provide_fund_scopes
        from fres.kernel.publishers import provide_publishers

        # What funds tell the apps below: a member's ties, who prepared and approved payouts, the page of a project.
        from funds import committee_hints, four_eyes, project_links, publishing  # noqa: F401
        from funds.keeping import declare_retention
        from funds.models import (
            BankRefund,
            ClaimRecovery,
            Contribution,
            Engagement,
            Fund,
            GoverningBody,
            LegalEntity,
            Mandate,
            Offer,
            PayoutOrder,
            ReceiptEligibility,
            ReceiptMandate,
            RoundTable,
        )
        from investors.selectors import audit_kind

        for code, name in settings.LOCAL_CURRENCIES.items():
            add_currency(code, None, name=name)
        provide_names(publishing.site_names)
        provide_publishers(publishing.publishers)
        declare_retention()
        provide_fund_scopes(publishing.fund_scopes)
        audit_kind("offres", _("Offres"), Offer)
        audit_kind("versements", _("Versements"), PayoutOrder)
        audit_kind("remboursements", _("Remboursements par virement"), BankRefund)
        audit_kind("recouvrements", _("Recouvrements"), ClaimRecovery)
        audit_kind("entites", _("Entités juridiques"), LegalEntity)
        audit_kind("fonds", _("Fonds"), Fund)
        audit_kind("engagements-de-partenaires", _("Engagements de partenaires"), Engagement)
        audit_kind("instances", _("Instances"), GoverningBody)
        audit_kind("mandats-des-instances", _("Mandats dans les instances"), Mandate)
        audit_kind("tours-de-table", _("Tours de table"), RoundTable)
        audit_kind("apports", _("Apports de tours de table"), Contribution)
        audit_kind("droits-recus", _("Droits de délivrer des reçus"), ReceiptEligibility)
        audit_kind("mandats-recus", _("Mandats de reçus"), ReceiptMandate)
