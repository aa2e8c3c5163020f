"""Every address of the site. Each name stands in `fres/access_table.py`."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.i18n import set_language

handler400 = "fres.kernel.views.bad_request"

urlpatterns = [
    path("", include("fres.kernel.urls")),
    path("", include("funds.front_urls")),
    path("", include("fres.page_urls")),
    path("langue/", login_not_required(set_language), name="set_language"),
    path("compte/", include("investors.account_urls")),
    path("", include("investors.urls")),
    path("", include("investors.protection.urls")),
    path("", include("funds.urls")),
    path("", include("funds.campaigns.urls")),
    path("", include("reporting.urls")),
    path("", include("projects.applications.urls")),
    path("", include("projects.organisations.urls")),
    path("", include("projects.groupings.urls")),
    path("", include("projects.committee.urls")),
    path("", include("projects.labels.urls")),
    path("", include("funds.label_urls")),
    path("", include("projects.monitoring.urls")),
    path("", include("funds.sources.urls")),
    path("api/v1/", include("funds.sources.api.urls")),
    path("", include("funds.pool.urls")),
    path("", include("funds.rules.urls")),
    path("", include("funds.monitoring.urls")),
    path("", include("funds.rounds.urls")),
    path("", include("funds.founding.urls")),
    path("", include("funds.cofinancing.urls")),
]

if settings.DEMONSTRATION:
    urlpatterns += [path("demonstration/", include("funds.demonstration.urls"))]
