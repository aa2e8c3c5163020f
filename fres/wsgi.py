"""WSGI entry point of FRES."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fres.settings")
application = get_wsgi_application()
