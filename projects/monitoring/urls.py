"""Addresses of the reports of projects: the holder's, the reviewer's, the public's."""

from django.urls import path

from projects.monitoring.views import holder, public, staff

app_name = "monitoring"
urlpatterns = [
    path("rapports/<uuid:uuid>/", public.report, name="public_report"),
    path("porteur/rapports/", holder.mine, name="mine"),
    path("porteur/rapports/<uuid:uuid>/", holder.report, name="report"),
    path("porteur/rapports/<uuid:uuid>/joindre/", holder.join, name="join"),
    path("porteur/rapports/<uuid:uuid>/transmettre/", holder.submit, name="submit"),
    path("gestion/rapports/", staff.reports, name="reports"),
    path("gestion/rapports/<uuid:uuid>/", staff.review, name="review"),
    path("gestion/rapports/<uuid:uuid>/pieces/<uuid:piece>/", staff.piece, name="piece"),
]
