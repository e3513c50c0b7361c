"""Addresses of the installation."""

from django.conf.urls.i18n import set_language
from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("placement_test.urls")),
    path("language/", set_language, name="set_language"),
    path("admin/", admin.site.urls),
]
