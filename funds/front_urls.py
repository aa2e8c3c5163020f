"""The first page, which belongs to no section of the site."""

from django.urls import path

from funds.views import public

urlpatterns = [path("", public.home, name="home")]
