"""Addresses of sources: public, a partner's own, the staff's."""

from django.urls import path

from funds.sources.views import desk, keys, partner, public

app_name = "sources"
urlpatterns = [
    path("fonds/sources/", public.sources, name="public"),
    path("fonds/sources/format/", public.file_format, name="format"),
    path("fonds/sources/api/", public.partner_api, name="api"),
    path("fonds/sources/modele.csv", public.template, name="template"),
    path("fonds/sources/<uuid:uuid>/", public.source, name="source"),
    path("partenaire/", partner.space, name="space"),
    path("partenaire/<uuid:uuid>/", partner.partner, name="partner"),
    path("partenaire/<uuid:uuid>/cles/", keys.keys, name="keys"),
    path("partenaire/fichiers/<uuid:uuid>/", partner.upload, name="upload"),
    path("partenaire/fichiers/<uuid:uuid>/territoires/", partner.places, name="places"),
    path("gestion/sources/", desk.desk, name="desk"),
    path("gestion/sources/fonds/<uuid:uuid>/partenaire/", desk.new_partner, name="new_partner"),
    path("gestion/sources/fonds/<uuid:uuid>/piste/", desk.new_lead, name="new_lead"),
    path("gestion/sources/pistes/<uuid:uuid>/", desk.lead, name="lead"),
    path("gestion/sources/partenaires/<uuid:uuid>/", desk.desk_partner, name="desk_partner"),
    path("gestion/sources/fichiers/<uuid:uuid>/", desk.desk_upload, name="desk_upload"),
]
