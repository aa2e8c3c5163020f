"""Addresses of poles and circuits."""

from django.urls import path

from projects.groupings import views

app_name = "groupings"
urlpatterns = [
    path("poles-et-circuits/", views.directory, name="directory"),
    path("poles-et-circuits/<slug:slug>/", views.grouping, name="grouping"),
    path("porteur/organisations/<slug:slug>/groupement/", views.create, name="create"),
    path("porteur/groupements/<slug:slug>/", views.manage, name="manage"),
    path("porteur/groupements/<slug:slug>/fiche/", views.edit, name="edit"),
    path("porteur/groupements/<slug:slug>/ecrire/<slug:name>/", views.act, name="act"),
    path("porteur/groupements/<slug:slug>/etat/<slug:name>/", views.change_state, name="change_state"),
    path("porteur/adhesions/<uuid:uuid>/signer/", views.sign, name="sign"),
    path("porteur/adhesions/<uuid:uuid>/sortir/", views.leave, name="leave"),
]
