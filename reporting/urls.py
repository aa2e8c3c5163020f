"""Addresses of issued documents and of the page that checks them."""

from django.urls import path

from fres.kernel.check_codes import CHECK_PATH
from reporting import views

app_name = "reporting"
urlpatterns = [
    path("espace/documents/", views.documents, name="documents"),
    path("documents/<uuid:uuid>/", views.document, name="document"),
    path(CHECK_PATH, views.verify, name="verify"),
    path(f"{CHECK_PATH}<str:code>/<path:number>", views.verify_code, name="verify_code"),
]
