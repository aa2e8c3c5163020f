"""Settings of the test run: the real ones, with a test clock, fast passwords and the embedded database."""

import os
from typing import Any

os.environ.setdefault("FRES_DEMONSTRATION", "1")
os.environ.setdefault("FRES_AS_OWNER", "1")
os.environ.setdefault("FRES_SECURE", "0")

from fres.settings import *  # noqa: F403
from fres.settings import BASE_DIR, DATABASES, TEMPLATES

SECRET_KEY = "tests-only-key-tests-only-key-tests-only-key-tests-only-key"
ALLOWED_HOSTS = ["*"]
CLOCK_FILE = ""
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
DOCUMENT_ROOT = BASE_DIR / "var" / "test-documents" / str(os.getpid())
DATABASES["default"]["TEST"] = {"NAME": os.environ.get("FRES_TEST_DATABASE", "test_fres")}
DATABASES["default"]["CONN_MAX_AGE"] = 0
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
_OPTIONS: Any = TEMPLATES[0]["OPTIONS"]
_OPTIONS["string_if_invalid"] = "<<unknown variable %s>>"
WHITENOISE_AUTOREFRESH = True  # static files are read where they are: nothing was collected
STRIPE_API_BASE = "http://127.0.0.1:9"  # nobody listens: a test that names no test server must not reach Stripe
