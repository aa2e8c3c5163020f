"""Addresses of organisations: the holder's, the public ones, the eligibility questions."""

from django.urls import path

from projects.organisations.views import holder, public, staff, team, wizard

app_name = "organisations"
urlpatterns = [
    path("organisations/", public.directory, name="directory"),
    path("organisations/<slug:slug>/", public.organisation, name="organisation"),
    path("invitations/<str:token>/", team.invitation, name="invitation"),
    path("porteur/organisations/nouvelle/", holder.create, name="create"),
    path("porteur/organisations/<slug:slug>/", holder.own, name="own"),
    path("porteur/organisations/<slug:slug>/fiche/", holder.edit, name="edit"),
    path("porteur/organisations/<slug:slug>/numeros/", holder.numbers, name="numbers"),
    path("porteur/organisations/<slug:slug>/territoires/", holder.places, name="places"),
    path("porteur/organisations/<slug:slug>/dirigeants/", holder.people, name="people"),
    path("porteur/organisations/<slug:slug>/dirigeants/<uuid:uuid>/fin/", holder.end_person, name="end_person"),
    path("porteur/organisations/<slug:slug>/signer/", holder.sign, name="sign"),
    path("porteur/organisations/<slug:slug>/page-publique/", holder.public_page, name="public_page"),
    path("porteur/organisations/<slug:slug>/equipe/", team.team, name="team"),
    path("porteur/organisations/<slug:slug>/equipe/<int:pk>/", team.change, name="change_member"),
    path("porteur/organisations/<slug:slug>/equipe/<int:pk>/retirer/", team.remove, name="remove_member"),
    path("porteur/organisations/<slug:slug>/invitations/<uuid:uuid>/", team.withdraw, name="withdraw_invitation"),
    path("gestion/organisations/", staff.organisations, name="desk"),
    path("puis-je-demander/", wizard.eligibility, name="eligibility"),
    path("puis-je-demander/resultat/", wizard.verdict, name="verdict"),
    path("autodiagnostic/", wizard.diagnosis, name="diagnosis"),
    path("autodiagnostic/profil/", wizard.profile, name="diagnosis_profile"),
    path("reponses/garder/", wizard.keep, name="keep_answers"),
    path("outils/", wizard.tools, name="tools"),
]
