"""What the HTTP server loads."""

import os

from django.core.wsgi import get_wsgi_application

from placement_test.lib.transactions import refuse_unsafe

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "primepath.settings")
application = get_wsgi_application()
refuse_unsafe()
