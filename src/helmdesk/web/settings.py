"""Django's settings for one desk. What an operator may choose comes from the environment; see
``docs/serving.md``.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import dj_database_url
from csp.constants import NONE, SELF, UNSAFE_INLINE

from helmdesk.errors import SettingError
from helmdesk.web.apps import apps_with_models
from helmdesk.web.pages import page_apps
from helmdesk.web.site_folder import DATABASE, DESK, SiteFolder, secret_setting


def _proxies() -> int:
    given = os.environ.get("HELMDESK_PROXIES", "0")
    if not (given.isascii() and given.isdigit()):
        raise SettingError(
            f"HELMDESK_PROXIES={given}: how many proxies stand in front of the site is a whole"
            " number, such as 1"
        )
    return int(given)


DESK_FOLDER = Path(os.environ.get(DESK, ".")).absolute()
SITE = SiteFolder(DESK_FOLDER)
IS_HTTPS = os.environ.get("HELMDESK_HTTPS", "") == "1"

SECRET_KEY = secret_setting("HELMDESK_SECRET_KEY") or SITE.secret()
# Signs the audit log. Its own file, so that another secret for sessions leaves the log readable;
# logs of earlier versions were signed with that secret.
AUDIT_KEY = SITE.audit_key(SECRET_KEY)
DEBUG = False
# The name under which browsers reach the site; behind a proxy it is the public one.
ALLOWED_HOSTS = [
    *filter(None, os.environ.get("HELMDESK_HOSTS", "").split(",")),
    "127.0.0.1",
    "localhost",
    "[::1]",
]
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ALLOWED_HOSTS if IS_HTTPS]

INSTALLED_APPS = [
    "helmdesk.web",
    *page_apps(),
    *apps_with_models(),
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "csp",
]

MIDDLEWARE = [
    "helmdesk.web.middleware.RequestMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "helmdesk.web.reading.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "helmdesk.web.middleware.BodyMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "helmdesk.web.reading.ActivityMiddleware",
    "helmdesk.web.middleware.DeskMiddleware",
]

ROOT_URLCONF = "helmdesk.web.urls"
WSGI_APPLICATION = "helmdesk.web.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "helmdesk.web.shell.shell",
            ],
            "builtins": ["helmdesk.web.templatetags.words"],
        },
    }
]

# -- what is kept
# -----------------------------------------------------------------------------------

_database = secret_setting(DATABASE)
DATABASES = {
    "default": (
        dj_database_url.parse(_database, conn_max_age=60)
        if _database
        else {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": SITE.path / "site.sqlite3",
            "OPTIONS": {
                "timeout": 30,
                "transaction_mode": "IMMEDIATE",
                "init_command": (
                    "pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = on"
                ),
            },
        }
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Lock-out counts live where every process sees them and a restart does not forget them.
# Many, so that nobody gets his own count thrown out by filling it with others.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "site_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}

# -- who may come in
# --------------------------------------------------------------------------------

AUTH_USER_MODEL = "people.Person"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "helmdesk.web.apps.people.adapters.PasswordBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL, LOGIN_REDIRECT_URL, LOGOUT_REDIRECT_URL = "account_login", "/", "account_login"
ACCOUNT_ADAPTER = "helmdesk.web.apps.people.adapters.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "helmdesk.web.apps.people.adapters.SocialAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
# Only what fails is counted (`people/adapters.py`): an office behind one address may sign in at
# once.
ACCOUNT_RATE_LIMITS = {
    "login": None,
    "client_failed": "10/m/ip",
    "login_failed": "5/5m/key",
    "reauthenticate": "10/m/user",
    "change_password": "5/5m/user",
}
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# How many proxies of one's own stand in front: so many entries of X-Forwarded-For, from the right,
# are believed.
ALLAUTH_TRUSTED_PROXY_COUNT = _proxies()
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = None
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Helmdesk"
USERSESSIONS_TRACK_ACTIVITY = True
SOCIALACCOUNT_ONLY = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
OIDC_ISSUER = os.environ.get("HELMDESK_OIDC_ISSUER", "")
SOCIALACCOUNT_PROVIDERS = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": (
            [
                {
                    "provider_id": "oidc",
                    "name": os.environ.get("HELMDESK_OIDC_NAME", "single sign-on"),
                    "client_id": os.environ.get("HELMDESK_OIDC_CLIENT_ID", ""),
                    "secret": secret_setting("HELMDESK_OIDC_SECRET"),
                    "settings": {"server_url": OIDC_ISSUER},
                }
            ]
            if OIDC_ISSUER
            else []
        ),
    }
}
# What leaves for the outside world goes through the outbox (`apps/outbox`), never through here.
EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
MAIL = secret_setting("HELMDESK_MAIL", is_private=True)
MAILBOX = secret_setting("HELMDESK_MAILBOX", is_private=True)
MAIL_FROM = os.environ.get("HELMDESK_MAIL_FROM", "")
OUTGOING_NETWORKS = os.environ.get("HELMDESK_OUTGOING_NETWORKS", "")
# How links in messages begin; empty where nobody said under which name the site is reached.
PUBLIC_URL = (
    f"http{'s' if IS_HTTPS else ''}://{ALLOWED_HOSTS[0]}"
    if os.environ.get("HELMDESK_HOSTS", "").strip(",")
    else ""
)

SESSION_COOKIE_NAME = "__Host-session" if IS_HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if IS_HTTPS else "csrf"
KNOWN_COOKIE_NAME = "__Host-known" if IS_HTTPS else "known"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = IS_HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "helmdesk.web.errors.csrf_failed"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        # Charts place their labels by style attributes; no style element and no script may come
        # with them.
        "style-src-attr": [UNSAFE_INLINE],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

# -- files, words, logs
# -----------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = SITE.static
STATICFILES_DIRS = [("chart", SITE.path / "chart")] if (SITE.path / "chart").is_dir() else []
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024**2
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
# What one request may take before it is stopped, and how many are in hand at once.
QUESTION_SECONDS = float(os.environ.get("HELMDESK_QUESTION_SECONDS", "60"))
THREADS = int(os.environ.get("HELMDESK_THREADS", "8"))
UPLOAD_LIMIT_ROWS = int(os.environ.get("HELMDESK_UPLOAD_LIMIT_ROWS", "10000000"))
UPLOAD_LIMIT_BYTES = int(os.environ.get("HELMDESK_UPLOAD_LIMIT_MB", "512")) * 1024**2
# For how long a job is a worker's without a word from it; then another one takes it.
JOB_LEASE_SECONDS = float(os.environ.get("HELMDESK_JOB_LEASE_SECONDS", "15"))
USE_I18N, USE_TZ, TIME_ZONE, LANGUAGE_CODE = False, True, "UTC", "en"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "helmdesk.web.logs.JsonFormatter"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": sys.stderr}
    },
    "loggers": {
        "helmdesk": {
            "handlers": ["stderr"],
            "level": os.environ.get("HELMDESK_LOG_LEVEL", "INFO"),
            "propagate": False,
        },
        "django": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
        "allauth": {"handlers": ["stderr"], "level": "ERROR", "propagate": False},
    },
}
