"""Settings of one installation; every value that differs between installations is a variable."""

from __future__ import annotations

import re
from pathlib import Path

import structlog
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from placement_test.lib import keys
from primepath import environment as env

ROOT = Path(__file__).resolve().parent.parent

TESTING = env.flag("PRIMEPATH_TEST", default=False)
DEBUG = env.flag("PRIMEPATH_DEBUG", default=False)
DATA_DIR = env.folder("PRIMEPATH_DATA_DIR", ROOT / "data")
FILES_DIR = env.folder("PRIMEPATH_FILES_DIR", DATA_DIR / "files")
# nginx's internal door to FILES_DIR: views decide, nginx sends.  Empty: Django sends them itself.
X_ACCEL = env.text("PRIMEPATH_X_ACCEL")
if X_ACCEL and not re.fullmatch(r"/[a-z0-9-]+/", X_ACCEL):
    raise ImproperlyConfigured("PRIMEPATH_X_ACCEL must look like /protected-files/")

SECRET_KEY_LENGTH = 32
# Secrets come from the environment, or are made once into DATA_DIR/keys (0600).
SECRET_KEY = keys.secret("PRIMEPATH_SECRET_KEY", DATA_DIR)
if len(SECRET_KEY) < SECRET_KEY_LENGTH:
    raise ImproperlyConfigured("PRIMEPATH_SECRET_KEY must have at least 32 characters")
KEY_RINGS = {
    # Newest first; the first makes, all of them read, so that keys can be rotated.
    "field": keys.ring("PRIMEPATH_FIELD_KEYS", DATA_DIR, "field"),
    "index": keys.ring("PRIMEPATH_INDEX_KEYS", DATA_DIR, "index"),
    "receipt": keys.ring("PRIMEPATH_RECEIPT_KEYS", DATA_DIR, "receipt"),
    "ticket": keys.ring("PRIMEPATH_TICKET_KEYS", DATA_DIR, "ticket"),
    "resume": keys.ring("PRIMEPATH_RESUME_KEYS", DATA_DIR, "resume"),
    "rescue": keys.ring("PRIMEPATH_RESCUE_KEYS", DATA_DIR, "rescue"),
}

LISTEN = env.text("PRIMEPATH_LISTEN", "127.0.0.1")
# What serves; lib.connections counts what PostgreSQL has to hold ready for it.
WORKERS = env.number("PRIMEPATH_WORKERS", 1, least=1, most=64)
# More than SQLite can use at once; a thread that waits for its turn to write costs little.
THREADS = env.number("PRIMEPATH_THREADS", 8, least=1, most=64)
HOSTS = env.number("PRIMEPATH_HOSTS", 1, least=1, most=100)

ALLOWED_HOSTS = env.words("PRIMEPATH_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
# Where this machine reaches its own server: periodic work asks there whether it answers.
SERVER_URL = env.text("PRIMEPATH_SERVER_URL", "http://127.0.0.1:8000").rstrip("/")
if not SERVER_URL.startswith(("http://", "https://")):
    raise ImproperlyConfigured("PRIMEPATH_SERVER_URL must begin with http:// or https://")
HTTPS = env.flag("PRIMEPATH_HTTPS", default=False)
# Whose X-Real-IP is believed: behind a proxy everybody else seems to be where it is.
PROXIES = env.networks("PRIMEPATH_PROXIES")
CSRF_TRUSTED_ORIGINS = env.words("PRIMEPATH_TRUSTED_ORIGINS")
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31_536_000
    # nginx does it; this is for a proxy that does not, and for whoever reaches the server itself.
    SECURE_SSL_REDIRECT = True
    # Probes speak to the server directly.
    SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^readyz$", r"^api/health/$", r"^metrics$"]
# HSTS for subdomains and on the browsers' own list reaches beyond this host: the academy decides.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_ENGINE = "placement_test.lib.logins"
SESSION_COOKIE_NAME = "pp-staff"
CSRF_COOKIE_NAME = "pp-csrf"
LANGUAGE_COOKIE_NAME = "pp-language"
LANGUAGE_COOKIE_AGE = 31_536_000
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
# A teacher's working day; the browser asks again the next morning.
SESSION_COOKIE_AGE = 12 * 3600
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "placement_test.lib.http.csrf_failure"

INSTALLED_APPS = [
    "placement_test",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "axes",
    "csp",
]

MIDDLEWARE = [
    "placement_test.performance_monitor.PerformanceMiddleware",
    "placement_test.lib.http.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "placement_test.lib.logins.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "placement_test.lib.http.AcademyTimeMiddleware",
    "placement_test.lib.http.PlacementErrorMiddleware",
    "axes.middleware.AxesMiddleware",
]

if TESTING:
    # Controls: servers with a guard switched off, which the fault tests must catch.
    MIDDLEWARE = [*env.words("PRIMEPATH_TEST_MIDDLEWARE"), *MIDDLEWARE]

# What the runner's calls, nearly all requests of a day, go through: no page, no login, no form.
NOT_FOR_CALLS = {
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "placement_test.lib.logins.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "placement_test.lib.http.AcademyTimeMiddleware",
    "axes.middleware.AxesMiddleware",
}
CALL_MIDDLEWARE = [name for name in MIDDLEWARE if name not in NOT_FOR_CALLS]
# The test page says nothing of anybody: it is protected like a page, and nobody is looked up.
NOT_FOR_TEST_PAGE = NOT_FOR_CALLS - {
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
}
TEST_PAGE_MIDDLEWARE = [name for name in MIDDLEWARE if name not in NOT_FOR_TEST_PAGE]

ROOT_URLCONF = "primepath.urls"
WSGI_APPLICATION = "primepath.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "placement_test.lib.academy.context",
                "placement_test.lib.rescue.context",
            ],
        },
    }
]

DATABASES = {
    "default": env.database("PRIMEPATH_DATABASE_URL", f"sqlite:///{DATA_DIR}/primepath.sqlite3")
}
# Its pool is what PostgreSQL sees: connections are counted there (deploy/pgbouncer.ini).
PGBOUNCER = env.flag("PRIMEPATH_PGBOUNCER", default=False)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.text("PRIMEPATH_REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "pp",
    }
    if REDIS_URL
    else {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "OPTIONS": {"MAX_ENTRIES": 5000},
    }
}

AUTH_USER_MODEL = "placement_test.StaffUser"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "staff-login"
LOGIN_REDIRECT_URL = "staff-home"
LOGOUT_REDIRECT_URL = "staff-login"
# User name and address together: one pupil's wrong guesses must not lock out the staff room.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "placement_test.lib.client_address.client_address"
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "staff/locked_out.html"
AXES_HTTP_RESPONSE_CODE = 429
AXES_DISABLE_ACCESS_LOG = True
AXES_VERBOSE = False

LANGUAGE_CODE = "ko"
LANGUAGES = [("ko", _("Korean")), ("en", _("English"))]
LOCALE_PATHS = [ROOT / "locale"]
FORMAT_MODULE_PATH = ["primepath.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
# Static files as production has them: collected, minified, hashed.  Tests choose it for a server.
RELEASED = not (DEBUG or TESTING) or env.flag("PRIMEPATH_TEST_RELEASED", default=False)
STATIC_ROOT = env.folder("PRIMEPATH_STATIC_DIR", DATA_DIR / "static")
STATICFILES_DIRS = [ROOT / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "placement_test.lib.static_files.ReleaseStorage"
        if RELEASED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
# Under their own names they stay readable, beside the minified ones that pages load.
WHITENOISE_KEEP_ONLY_HASHED_FILES = False

# 0 ends the service workers that browsers already have, at their next look.
SERVICE_WORKER = env.flag("PRIMEPATH_SERVICE_WORKER", default=True)

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "media-src": [SELF, "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}

# Uploads: the largest paper or track that a form takes, and what stays in memory of it.
PAPER_MAX_BYTES = env.number("PRIMEPATH_PAPER_MAX_MB", 20, least=1, most=200) * 1_000_000
PAPER_MAX_PAGES = env.number("PRIMEPATH_PAPER_MAX_PAGES", 60, least=1, most=400)
TRACK_MAX_BYTES = env.number("PRIMEPATH_TRACK_MAX_MB", 30, least=1, most=200) * 1_000_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 5_000_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
# One save is at most 48 KB by protocol; the rest is room for headers of the batch.
SAVE_MAX_BYTES = 64 * 1024

# Figures are handed in by a thread of each process; 0 leaves it to whoever calls flush().
MONITOR_FLUSH_SECONDS = env.number(
    "PRIMEPATH_MONITOR_FLUSH_SECONDS", 0 if TESTING else 5, least=0, most=60
)
# Opens health details, /metrics and Server-Timing to programs: "Authorization: Bearer ...".
MONITOR_TOKEN = env.text("PRIMEPATH_MONITOR_TOKEN")
# What one worker may use; health says so when it uses more.  0 means no limit of its own.
WORKER_MEMORY_MB = env.number("PRIMEPATH_WORKER_MEMORY_MB", 0, least=0, most=100_000)

LOG_LEVEL = env.text("PRIMEPATH_LOG_LEVEL", "WARNING" if TESTING else "INFO").upper()
if LOG_LEVEL not in {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}:
    raise ImproperlyConfigured("PRIMEPATH_LOG_LEVEL must be DEBUG, INFO, WARNING or ERROR")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
            "foreign_pre_chain": [
                structlog.contextvars.merge_contextvars,
                structlog.stdlib.add_logger_name,
                structlog.stdlib.add_log_level,
                structlog.stdlib.ExtraAdder(),
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.format_exc_info,
            ],
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    # It announces itself whenever it is loaded.
    "loggers": {"pikepdf": {"level": "WARNING"}},
}
