from django.contrib.auth.views import LogoutView
from django.urls import path

from example_project.sso.views import HomeView, ReceiptView

app_name = "sso"
urlpatterns = [
    path("", HomeView.as_view(), name="home"),
    path("receipt/", ReceiptView.as_view(), name="receipt"),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),
]
