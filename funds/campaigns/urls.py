"""Addresses of campaigns: public, the holder's, the saver's, the staff's."""

from django.urls import path

from funds.campaigns.views import desk, holder, public, returns, saver

app_name = "campaigns"
urlpatterns = [
    path("projets/<slug:slug>/fiche/", public.sheet, name="sheet"),
    path("projets/<slug:slug>/fiche/versions/", public.sheet_versions, name="sheet_versions"),
    path("projets/<slug:slug>/question/", public.ask, name="ask"),
    path("projets/<slug:slug>/intention/", public.intend, name="intend"),
    path("offres/<slug:slug>/carte/", public.card, name="card"),
    path("offres/<slug:slug>/image.svg", public.image, name="image"),
    path("porteur/offres/", holder.mine, name="mine"),
    path("porteur/offres/nouvelle/<uuid:uuid>/", holder.prepare, name="prepare"),
    path("porteur/offres/<slug:slug>/", holder.file, name="file"),
    path("porteur/offres/<slug:slug>/conditions/", holder.terms, name="terms"),
    path("porteur/offres/<slug:slug>/reponses/", holder.answers, name="answers"),
    path("porteur/offres/<slug:slug>/equipe/", holder.team, name="team"),
    path("porteur/offres/<slug:slug>/plan/", holder.plan, name="plan"),
    path("porteur/offres/<slug:slug>/tranches/", holder.tranches, name="tranches"),
    path("porteur/offres/<slug:slug>/apercu/", holder.preview, name="preview"),
    path("porteur/offres/<slug:slug>/questions/", holder.questions, name="questions"),
    path("engagements/<uuid:uuid>/retirer-apres-changement/", saver.leave, name="leave"),
    path("espace/tranches/<uuid:uuid>/", saver.vote, name="vote"),
    path("gestion/tranches/<uuid:uuid>/", returns.tranche, name="desk_tranche"),
    path("gestion/offres/", desk.offers, name="desk"),
    path("gestion/offres/<slug:slug>/", desk.offer, name="desk_offer"),
]
