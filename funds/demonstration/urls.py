from django.urls import path

from funds.demonstration import views

app_name = "demonstration"
urlpatterns = [
    path("", views.accounts, name="accounts"),
    path("courriels/", views.mailbox, name="mailbox"),
    path("courriels/<uuid:uuid>/", views.message, name="message"),
    path("horloge/", views.move, name="clock"),
]
