"""Every address of the site. Each name stands in `fres/access_table.py`."""

from django.urls import include, path

urlpatterns = [
    path("", include("fres.kernel.urls")),
    path("", include("fres.page_urls")),
    path("langue/", include("django.conf.urls.i18n")),
    path("compte/", include("investors.account_urls")),
    path("", include("investors.urls")),
]
