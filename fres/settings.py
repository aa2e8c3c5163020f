"""Settings of FRES: safe for production by default; each environment variable is read once, here."""

import sys
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from fres import embedded_database

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DEBUG = env.bool("FRES_DEBUG", default=False)
# The demonstration region: invented people, a clock that can be moved, e-mails kept on a page.
DEMONSTRATION = env.bool("FRES_DEMONSTRATION", default=False)
_RELAXED = DEBUG or DEMONSTRATION


def _secret(name: str, relaxed: str) -> str:
    value = env.str(name, default="")
    if value:
        return value
    if _RELAXED:
        return relaxed
    raise ImproperlyConfigured(f"{name} must be set in production")


SECRET_KEY = _secret("FRES_SECRET_KEY", "demonstration-only-key-never-used-in-production-0123456789")
ALLOWED_HOSTS = env.list("FRES_ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"] if _RELAXED else [])
SITE_URL = env.str("FRES_SITE_URL", default="http://localhost:8000").rstrip("/")
CSRF_TRUSTED_ORIGINS = env.list("FRES_CSRF_TRUSTED_ORIGINS", default=[SITE_URL])

# Keys that encrypt bank details and tax identifiers, newest first (MultiFernet); kept outside the database.
FIELD_ENCRYPTION_KEYS = [
    key
    for key in _secret("FRES_FIELD_ENCRYPTION_KEYS", "ZGVtb25zdHJhdGlvbi1vbmx5LWtleS0wMTIzNDU2Nzg=").split(",")
    if key
]

# The clock of the demonstration: a file shared by the web process, the worker and the Stripe test server.
CLOCK_FILE = env.str("FRES_CLOCK_FILE", default="") if _RELAXED else ""

# ---- Database: PostgreSQL only (D2). The owner migrates, the application role serves. ----
DATABASE_URL = env.str("DATABASE_URL", default="")
DATABASE_OWNER_URL = env.str("DATABASE_OWNER_URL", default="")
DATABASE_IS_EMBEDDED = not DATABASE_URL
if DATABASE_IS_EMBEDDED:
    if not _RELAXED:
        raise ImproperlyConfigured("DATABASE_URL must be set in production")
    DATABASE_URL = embedded_database.start(BASE_DIR)
# Commands that change the schema connect as the owner; everything else drops to the application role.
_OWNER_COMMANDS = {
    "migrate",
    "makemigrations",
    "flush",
    "prepare_database",
    "sqlmigrate",
    "pgtrigger",
    "test",
    "dbshell",
}
_RUNS_AS_OWNER = env.bool("FRES_AS_OWNER", default=len(sys.argv) > 1 and sys.argv[1] in _OWNER_COMMANDS)
if _RUNS_AS_OWNER and DATABASE_OWNER_URL:
    DATABASE_URL = DATABASE_OWNER_URL
APPLICATION_ROLE = embedded_database.APPLICATION_ROLE
DATABASES = {"default": env.db_url_config(DATABASE_URL)}
if DATABASES["default"]["ENGINE"] != "django.db.backends.postgresql":
    raise ImproperlyConfigured("DATABASE_URL must name a PostgreSQL server (postgresql://…)")
DATABASES["default"]["CONN_MAX_AGE"] = 600
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"]["ATOMIC_REQUESTS"] = False
DATABASES["default"].setdefault("OPTIONS", {})
if not _RUNS_AS_OWNER and not DATABASE_OWNER_URL:
    # One login was given for both roles: each session takes the application role as soon as it opens.
    DATABASES["default"]["OPTIONS"]["options"] = f"-c role={APPLICATION_ROLE}"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# ---- Applications ----
INSTALLED_APPS = [
    "fres.kernel",
    "investors",
    "projects",
    "funds",
    "reporting",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "djmoney",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "fres.kernel.middleware.UploadLimitMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "investors.middleware.OwnSiteMiddleware",
    "pghistory.middleware.HistoryMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "fres.kernel.middleware.AccessMiddleware",
]

ROOT_URLCONF = "fres.urls"
WSGI_APPLICATION = "fres.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "csp.context_processors.nonce",
                "fres.kernel.context.site",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "fres.kernel.templatetags.fres",
            ],
        },
    }
]

# ---- People ----
AUTH_USER_MODEL = "investors.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
ROLES_PROVIDER = "investors.permissions.roles_of"  # whom the kernel asks which roles a user holds
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/espace/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "investors.adapters.AccountAdapter"
ACCOUNT_FORMS = {"signup": "investors.forms.SignupForm"}
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_SESSION_REMEMBER = False
MFA_ADAPTER = "investors.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_PASSKEY_SIGNUP_ENABLED = False
MFA_TOTP_ISSUER = "FRES"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = _RELAXED
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("FRES_TRUSTED_PROXIES", default=0)

# Rate limits count in a cache every process shares.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "kernel_cache",
        "TIMEOUT": 300,
    }
}
SESSION_COOKIE_AGE = 8 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "fres.kernel.views.csrf_failure"

# ---- Transport and content security ----
_SECURE = env.bool("FRES_SECURE", default=not _RELAXED)
SESSION_COOKIE_SECURE = _SECURE
CSRF_COOKIE_SECURE = _SECURE
LANGUAGE_COOKIE_SECURE = _SECURE
SECURE_SSL_REDIRECT = _SECURE
SECURE_HSTS_SECONDS = 63_072_000 if _SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _SECURE
SECURE_HSTS_PRELOAD = _SECURE
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
if env.bool("FRES_BEHIND_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
_CHECKOUT_ORIGINS = ["https://checkout.stripe.com"]

# ---- Payments (D8): no key in a relaxed run means the Stripe test server ----
STRIPE_SECRET_KEY = _secret("STRIPE_SECRET_KEY", "sk_test_demonstration")
STRIPE_PAYOUT_KEY = _secret("STRIPE_PAYOUT_KEY", "rk_test_demonstration")
STRIPE_WEBHOOK_SECRET = _secret("STRIPE_WEBHOOK_SECRET", "whsec_demonstration")
STRIPE_API_BASE = env.str("STRIPE_API_BASE", default="")
if STRIPE_API_BASE:
    _CHECKOUT_ORIGINS.append(STRIPE_API_BASE)

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        # A form that ends on the payment page is redirected there.
        "form-action": ["'self'", *_CHECKOUT_ORIGINS],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    "camera": [],
    "geolocation": [],
    "microphone": [],
    "payment": [],
    "usb": [],
    "publickey-credentials-get": ["self"],
}

# ---- Jobs (D7): a worker that dies is noticed by its heartbeat; what is done leaves the queue ----
PROCRASTINATE_WORKER_DEFAULTS = {
    "concurrency": env.int("FRES_WORKER_CONCURRENCY", default=2),
    "delete_jobs": "successful",
    "shutdown_graceful_timeout": 20,
    "update_heartbeat_interval": 10,
    "stalled_worker_timeout": 60,
}

# ---- Language, time, places ----
LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", _("Français")), ("en", _("Anglais"))]
LOCALE_PATHS = [BASE_DIR / "fres" / "locale"]
TIME_ZONE = "Europe/Paris"
USE_I18N = True
USE_TZ = True
CURRENCIES = ("EUR",)
DEFAULT_CURRENCY = "EUR"
# Local complementary currencies that an entity may keep the reserve of: a code of three letters and a name each.
LOCAL_CURRENCIES = dict(one.split("=", 1) for one in env.list("FRES_LOCAL_CURRENCIES", default=["TRL=Terril"]))

# ---- What the notices of the site print (CMF R548-4 I); the persons themselves are rows of the database ----
LEGAL_NOTICES = {
    "orias": env.str("FRES_ORIAS", default=""),
    "director": env.str("FRES_PUBLICATION_DIRECTOR", default=""),
    "host": env.str("FRES_HOST", default=""),
    "payment_provider": env.str("FRES_PAYMENT_PROVIDER", default=""),
    "mediator": env.str("FRES_MEDIATOR", default=""),
    "complaints_email": env.str("FRES_COMPLAINTS_EMAIL", default=""),
}

# ---- Files ----
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "fres" / "static"]
STATIC_ROOT = BASE_DIR / "var" / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if _RELAXED
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = _RELAXED
DOCUMENT_ROOT = Path(env.str("FRES_DOCUMENT_ROOT", default=str(BASE_DIR / "var" / "documents")))
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_621_440

# ---- Messages: a row first, the worker sends (ruling B26) ----
EMAIL_BACKEND = env.str(
    "FRES_EMAIL_BACKEND",
    default="django.core.mail.backends.locmem.EmailBackend"
    if _RELAXED
    else "django.core.mail.backends.smtp.EmailBackend",
)
EMAIL_HOST = env.str("FRES_EMAIL_HOST", default="localhost")
EMAIL_PORT = env.int("FRES_EMAIL_PORT", default=25)
EMAIL_HOST_USER = env.str("FRES_EMAIL_USER", default="")
EMAIL_HOST_PASSWORD = env.str("FRES_EMAIL_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("FRES_EMAIL_TLS", default=False)
DEFAULT_FROM_EMAIL = env.str("FRES_EMAIL_FROM", default="ne-pas-repondre@fres.invalid")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"fres": {"level": "INFO"}, "procrastinate": {"level": "WARNING"}},
}
