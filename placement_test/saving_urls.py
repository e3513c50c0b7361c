"""The address that ``primepath.wsgi`` serves by a shorter way, as it stands in ``urls``."""

from placement_test.urls import sitting

urlpatterns = [pattern for pattern in sitting if pattern.name == "api-answers"]  # type: ignore[union-attr]
