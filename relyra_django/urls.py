"""Include under any prefix: path("saml/", include("relyra_django.urls"))."""

from __future__ import annotations

from django.urls import path

from relyra_django import views

app_name = "relyra"
urlpatterns = [
    path("login/", views.DefaultLoginView.as_view(), name="start"),
    path("<str:connection_id>/login/", views.LoginView.as_view(), name="login"),
    path("<str:connection_id>/acs/", views.AssertionConsumerServiceView.as_view(), name="acs"),
    path(
        "<str:connection_id>/complete/<str:token>/",
        views.CompleteLoginView.as_view(),
        name="complete",
    ),
    path("<str:connection_id>/metadata/", views.MetadataView.as_view(), name="metadata"),
]
