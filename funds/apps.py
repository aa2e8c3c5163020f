from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FundsConfig(AppConfig):
    name = "funds"
    verbose_name = _("Fonds et argent")

    def ready(self) -> None:
        from fres.kernel.context import provide_names
        from fres.kernel.publishers import provide_publishers
        from funds import publishing

        provide_names(publishing.site_names)
        provide_publishers(publishing.publishers)
