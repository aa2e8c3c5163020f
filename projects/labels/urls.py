"""Addresses of labels: the public register, a holder's own, the evaluators' desk."""

from django.urls import path

from projects.labels.views import own, public, staff

app_name = "labels"
urlpatterns = [
    path("labels/", public.register, name="register"),
    path("labels/referentiels/", public.referentials, name="referentials"),
    path("labels/referentiels/<str:code>/<str:version>/", public.referential, name="referential"),
    path("labels/referentiels/<str:code>/<str:version>/signaler/", public.report, name="report"),
    path("labels/signataires/", public.signatories, name="signatories"),
    path("labels/registre/<uuid:uuid>/", public.award, name="award"),
    path("labels/evaluations/<uuid:uuid>/explication.pdf", own.explanation, name="explanation"),
    path("porteur/labels/", own.mine, name="mine"),
    path("porteur/labels/declarer/", own.claim, name="claim"),
    path("porteur/labels/chartes/<str:code>/<str:version>/", own.sign, name="sign"),
    path("porteur/labels/signatures/<uuid:uuid>/", own.reply, name="reply"),
    path("gestion/labels/", staff.desk, name="desk"),
    path("gestion/labels/evaluer/<str:subject_type>/<uuid:subject_uuid>/", staff.start, name="start"),
    path("gestion/labels/evaluations/<uuid:uuid>/", staff.assessment, name="assessment"),
    path("gestion/labels/pieces/<uuid:uuid>/", staff.piece, name="piece"),
    path("gestion/labels/referentiels/<str:code>/<str:version>/suite/", staff.new_version, name="new_version"),
    path("gestion/labels/referentiels/<str:code>/<str:version>/poids/", staff.weights, name="weights"),
    path("gestion/labels/nouveau/", staff.new_label, name="new_label"),
    path("gestion/labels/signalements/<uuid:uuid>/", staff.misuse, name="misuse"),
    path("gestion/labels/signatures/<uuid:uuid>/", staff.signature, name="signature"),
]
