from django.urls import path

from fres import pages

app_name = "pages"
urlpatterns = [
    path("comment-ca-marche/", pages.how, name="how"),
    path("risques/", pages.risks, name="risks"),
    path("frais/", pages.fees, name="fees"),
    path("selection-des-projets/", pages.selection, name="selection"),
    path("reclamation/", pages.complaints, name="complaints"),
    path("conflits-d-interets/", pages.conflicts, name="conflicts"),
    path("mentions-legales/", pages.legal, name="legal"),
    path("accessibilite/", pages.accessibility, name="accessibility"),
    path("donnees-personnelles/", pages.privacy, name="privacy"),
]
