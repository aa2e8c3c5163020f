from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from django.utils.translation import gettext_lazy as _


class KernelConfig(AppConfig):
    name = "fres.kernel"
    label = "kernel"
    verbose_name = _("Noyau")

    def ready(self) -> None:
        # State tables are printed and duties run by the kernel, which may not import the apps that declare them.
        autodiscover_modules("states", "duties")
