from django.urls import path

from projects.applications.views import holder, public, staff

app_name = "applications"
urlpatterns = [
    path("appels-a-projets/", public.calls, name="calls"),
    path("appels-a-projets/<slug:slug>/", public.call, name="call"),
    path("pourquoi-des-projets-sont-refuses/", public.refusals, name="refusals"),
    path("pourquoi-des-projets-sont-refuses/<int:year>/", public.refusals, name="refusals_of_year"),
    path("porteur/dossiers/", holder.mine, name="mine"),
    path("porteur/appels/<slug:slug>/commencer/", holder.start, name="start"),
    path("porteur/dossiers/<uuid:uuid>/", holder.file, name="file"),
    path("porteur/dossiers/<uuid:uuid>/relire/", holder.submit, name="submit"),
    path("porteur/dossiers/<uuid:uuid>/demander-la-signature/", holder.ask_signature, name="ask_signature"),
    path("porteur/dossiers/<uuid:uuid>/repondre/", holder.answer, name="answer"),
    path("porteur/dossiers/<uuid:uuid>/message/", holder.message, name="message"),
    path("porteur/dossiers/<uuid:uuid>/recours/", holder.appeal, name="appeal"),
    path("porteur/dossiers/<uuid:uuid>/retirer/", holder.withdraw, name="withdraw"),
    path("porteur/dossiers/<uuid:uuid>/copier/", holder.clone, name="clone"),
    path("porteur/dossiers/<uuid:uuid>/formulaire/", holder.update_form, name="update_form"),
    path("porteur/dossiers/<uuid:uuid>/section/<slug:section>/", holder.section, name="section"),
    path("porteur/dossiers/<uuid:uuid>/joindre/<slug:field>/", holder.join_piece, name="join_piece"),
    path("porteur/dossiers/<uuid:uuid>/pieces/<uuid:piece>/", holder.piece, name="piece"),
    path("porteur/dossiers/<uuid:uuid>/pieces/<uuid:piece>/retirer/", holder.remove_piece, name="remove_piece"),
    path("porteur/dossiers/<uuid:uuid>/versions/<int:rank>/", holder.version, name="version"),
    path("porteur/dossiers/<uuid:uuid>/versions/<int:rank>/accuse/", holder.receipt, name="receipt"),
    path("gestion/dossiers/", staff.reviews, name="reviews"),
    path("gestion/dossiers/<uuid:uuid>/", staff.review, name="review"),
    path("gestion/dossiers/<uuid:uuid>/recours/", staff.decide, name="decide"),
    path("gestion/dossiers/<uuid:uuid>/pieces/<uuid:piece>/", staff.review_piece, name="review_piece"),
    path("gestion/dossiers/<uuid:uuid>/versions/<int:rank>/accuse/", staff.review_receipt, name="review_receipt"),
    path("gestion/dossiers/<uuid:uuid>/<slug:act>/", staff.review_act, name="review_act"),
    path("gestion/appels/", staff.calls_desk, name="calls_desk"),
    path("gestion/appels/<slug:slug>/formulaire.json", staff.form_definition, name="form_definition"),
]
