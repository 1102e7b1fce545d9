from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("example_project.sso.urls")),
    path("admin/", admin.site.urls),
    path("saml/", include("relyra_django.urls")),
]
