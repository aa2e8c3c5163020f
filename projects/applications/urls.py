from django.urls import path

from projects.applications.views import calls, drafting, following, public, staff

app_name = "applications"
urlpatterns = [
    path("appels-a-projets/", public.calls, name="calls"),
    path("appels-a-projets/<slug:slug>/", public.call, name="call"),
    path("pourquoi-des-projets-sont-refuses/", public.refusals, name="refusals"),
    path("pourquoi-des-projets-sont-refuses/<int:year>/", public.refusals, name="refusals_of_year"),
    path("porteur/dossiers/", drafting.mine, name="mine"),
    path("porteur/appels/<slug:slug>/commencer/", drafting.start, name="start"),
    path("porteur/dossiers/<uuid:uuid>/", following.file, name="file"),
    path("porteur/dossiers/<uuid:uuid>/relire/", drafting.submit, name="submit"),
    path("porteur/dossiers/<uuid:uuid>/demander-la-signature/", drafting.ask_signature, name="ask_signature"),
    path("porteur/dossiers/<uuid:uuid>/repondre/", following.answer, name="answer"),
    path("porteur/dossiers/<uuid:uuid>/message/", following.message, name="message"),
    path("porteur/dossiers/<uuid:uuid>/recours/", following.appeal, name="appeal"),
    path("porteur/dossiers/<uuid:uuid>/retirer/", following.withdraw, name="withdraw"),
    path("porteur/dossiers/<uuid:uuid>/copier/", drafting.clone, name="clone"),
    path("porteur/dossiers/<uuid:uuid>/formulaire/", drafting.update_form, name="update_form"),
    path("porteur/dossiers/<uuid:uuid>/section/<slug:section>/", drafting.section, name="section"),
    path("porteur/dossiers/<uuid:uuid>/joindre/<slug:field>/", drafting.join_piece, name="join_piece"),
    path("porteur/dossiers/<uuid:uuid>/pieces/<uuid:piece>/", following.piece, name="piece"),
    path("porteur/dossiers/<uuid:uuid>/pieces/<uuid:piece>/retirer/", drafting.remove_piece, name="remove_piece"),
    path("porteur/dossiers/<uuid:uuid>/versions/<int:rank>/", following.version, name="version"),
    path("porteur/dossiers/<uuid:uuid>/versions/<int:rank>/accuse/", following.receipt, name="receipt"),
    path("gestion/dossiers/", staff.reviews, name="reviews"),
    path("gestion/dossiers/<uuid:uuid>/", staff.review, name="review"),
    path("gestion/dossiers/<uuid:uuid>/recours/", staff.decide, name="decide"),
    path("gestion/dossiers/<uuid:uuid>/pieces/<uuid:piece>/", staff.review_piece, name="review_piece"),
    path("gestion/dossiers/<uuid:uuid>/versions/<int:rank>/accuse/", staff.review_receipt, name="review_receipt"),
    path("gestion/dossiers/<uuid:uuid>/<slug:act>/", staff.review_act, name="review_act"),
    path("gestion/appels/", calls.calls_desk, name="calls_desk"),
    path("gestion/appels/<slug:slug>/formulaire.json", calls.form_definition, name="form_definition"),
]
