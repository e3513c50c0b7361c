"""Addresses: those of the product that the load calls."""

from __future__ import annotations

from django.urls import path

from bench.plain import views

urlpatterns = [
    path("livez", views.alive),
    path("api/csrf/", views.csrf),
    path("api/sessions/<uuid:sitting_id>/answers/", views.answers),
]
