"""All settings, from the environment alone. Nothing else in the project reads environment variables for configuration."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from config import embedded, site_address
from config.environment import (
    database_from_url,
    env_bool,
    env_choice,
    env_days,
    env_int,
    env_list,
    env_prefixed,
    env_text,
    env_url,
    env_zone,
)

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = embedded.data_dir()
DEBUG = env_bool("FIRSTPASS_DEBUG", default=False)


def _secret_key() -> str:
    """The given key, or one made once and kept in the data folder, so that a laptop needs no set-up and sessions survive a restart."""
    if given := env_text("SECRET_KEY"):
        return given
    path = DATA_DIR / "secret.key"
    if not path.exists():
        DATA_DIR.mkdir(parents=True, exist_ok=True)
        # Several processes may be the first at once: a link appears with its content, and only one of them can make it.
        part = path.with_name(f"{path.name}.{os.getpid()}")
        with os.fdopen(os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w") as handle:
            handle.write(secrets.token_urlsafe(50))
        with suppress(FileExistsError):
            os.link(part, path)
        part.unlink()
    return path.read_text().strip()


SECRET_KEY = _secret_key()
SECRET_KEY_GIVEN = bool(env_text("SECRET_KEY"))
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
SITE_URL = env_url("SITE_URL", site_address.last_used(DATA_DIR))
CSRF_TRUSTED_ORIGINS = env_list("CSRF_TRUSTED_ORIGINS", SITE_URL)

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "accounts",
    "catalog",
    "processing",
    "review",
    "marketplaces",
    "insights",
    "config",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "accounts.middleware.RequestIdMiddleware",
    "config.middleware.ApiMiddleware",
    "config.middleware.FreshPagesMiddleware",
    "config.middleware.ErrorPageMiddleware",
    "config.middleware.NoNulMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.SecondFactorMiddleware",
    "accounts.middleware.LanguageMiddleware",
    "accounts.middleware.SignInRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
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
                "config.context.shell",
            ],
        },
    },
]

DATABASES = {
    "default": {
        **database_from_url(env_text("DATABASE_URL") or embedded.database_url()),
        "CONN_MAX_AGE": env_int("DATABASE_CONN_MAX_AGE", default=60),
        "CONN_HEALTH_CHECKS": True,
    }
}
REDIS_URL = env_text("REDIS_URL") or embedded.redis_url()
# "redis" carries messages between processes; "stub" keeps them in memory for tests.
MESSAGE_BROKER = "redis"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.signing_in.CountingBackend"]
# Wrong passwords for one name from one address in 15 minutes; ten times as many for one name, and from one address.
SIGN_IN_TRIES = env_int("SIGN_IN_TRIES", default=10, least=3)
# Who must have a second factor: roles, and "administrator".
SECOND_FACTOR_FOR = env_list("SECOND_FACTOR_FOR")
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "inbox"
LOGOUT_REDIRECT_URL = "sign-in"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

# E-mails about forgotten passwords. Without a host none are sent: a manager hands out the link.
EMAIL_HOST = env_text("EMAIL_HOST")
EMAIL_PORT = env_int("EMAIL_PORT", default=587, least=1)
EMAIL_HOST_USER = env_text("EMAIL_USER")
EMAIL_HOST_PASSWORD = env_text("EMAIL_PASSWORD")
EMAIL_USE_TLS = env_bool("EMAIL_TLS", default=True)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env_text("EMAIL_FROM", "firstpass@localhost")

LANGUAGE_CODE = "en"
# In their own names, as they are offered. Adding one: docs/translations.md.
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("fr", "Français")]
LOCALE_PATHS = [BASE_DIR / "locale"]
# Made languages that show, while developing, what long words and writing from the right do to pages: `manage.py words --pseudo`.
PSEUDO_LOCALES = DATA_DIR / "words"
LANGUAGES_BIDI = ["ar", "fa", "he", "ur", "xr"]
if DEBUG and PSEUDO_LOCALES.exists():
    LANGUAGES += [("xx", "Lengthened"), ("xr", "Mirrored")]
    LOCALE_PATHS += [PSEUDO_LOCALES]
TIME_ZONE = env_zone("TIME_ZONE", "UTC")
USE_I18N = True
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
# `up` collects them, for its web server to serve with hashed names. Where nothing is collected they come from the checkout.
WHITENOISE_USE_FINDERS = DEBUG or not (STATIC_ROOT / "staticfiles.json").exists()
MEDIA_ROOT = DATA_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "catalog.storage.DiskStorage"},
    "staticfiles": {"BACKEND": "config.storage.StaticStorage"},
}
if S3_BUCKET := env_text("S3_BUCKET"):
    STORAGES["default"] = {
        "BACKEND": "catalog.storage.BucketStorage",
        "OPTIONS": {  # type: ignore[dict-item]
            "bucket_name": S3_BUCKET,
            "endpoint_url": env_text("S3_ENDPOINT_URL") or None,
            "region_name": env_text("S3_REGION") or None,
            "access_key": env_text("S3_ACCESS_KEY") or None,
            "secret_key": env_text("S3_SECRET_KEY") or None,
            "signature_version": "s3v4",
            "addressing_style": env_text("S3_ADDRESSING_STYLE", "auto"),
            "default_acl": None,
            "file_overwrite": True,
        },
    }
FILE_UPLOAD_MAX_MEMORY_SIZE = 8 * 2**20
DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 2**20
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 86400
HTTPS = env_bool("FIRSTPASS_HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
# Load balancers and containers ask on the inside, without TLS.
SECURE_REDIRECT_EXEMPT = [r"^api/v1/health$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
BEHIND_PROXY = env_bool("FIRSTPASS_BEHIND_PROXY", default=False)
if BEHIND_PROXY:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Everything from our own host, nothing inline: pictures made in the browser are blob: and small ones data:.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

# ---------------------------------------------------------------- limits of intake
MAX_PHOTO_BYTES = env_int("MAX_PHOTO_MB", default=60, least=1) * 2**20
MAX_PHOTO_PIXELS = env_int("MAX_PHOTO_MEGAPIXELS", default=80, least=1, most=178) * 1_000_000
MIN_PHOTO_SIDE_PX = env_int("MIN_PHOTO_SIDE_PX", default=200, least=16)
MAX_ARCHIVE_BYTES = env_int("MAX_ARCHIVE_MB", default=4096, least=1) * 2**20
MAX_MANIFEST_ITEMS = env_int("MAX_MANIFEST_ITEMS", default=10_000, least=1)
FETCH_TIMEOUT_S = env_int("FETCH_TIMEOUT_S", default=30, least=1)
# Hosts that may be fetched although they lie in a private network, for example a file server of one's own: "nas.local:8080".
FETCH_ALLOWED_HOSTS = env_list("FETCH_ALLOWED_HOSTS")

# ---------------------------------------------------------------- API
# Requests one API token may make in a minute; more are answered with 429.
API_RATE_PER_MINUTE = env_int("API_RATE_PER_MINUTE", default=600, least=1)

# ---------------------------------------------------------------- work
LEASE_S = env_int("LEASE_S", default=60, least=2)
# A message that has not led to a claim after so long is counted as lost, and sent again.
RESEND_S = env_int("RESEND_S", default=15, least=1)
MAX_ATTEMPTS = env_int("MAX_ATTEMPTS", default=3, least=1)
# Days after its last use that a file of a kind is kept; None is for ever. See docs/operations.md.
_DAYS = env_days("RETENTION_DAYS", default=60)
RETENTION_DAYS = {
    kind: env_days(f"RETENTION_DAYS_{kind.upper()}", default=_DAYS)
    for kind in ("intermediates", "paid", "replaced", "uploads", "channel")
}
# Only for tests of what a killed process leaves behind: a folder of planned crashes, see processing/crashpoints.py.
CRASH_DIR = Path(value) if (value := env_text("FIRSTPASS_CRASH_DIR")) else None
# More waiting photos than this, in all and of one owner, and new batches are refused with 429.
MAX_UNFINISHED_PHOTOS = env_int("MAX_UNFINISHED_PHOTOS", default=100_000, least=1)
MAX_UNFINISHED_PHOTOS_PER_USER = env_int("MAX_UNFINISHED_PHOTOS_PER_USER", default=50_000, least=1)
# Local time, for batches that are to run at night; a batch may name hours of its own.
OFF_PEAK_HOURS = env_text("OFF_PEAK_HOURS", "22:00-06:00")
PIXEL_WORKERS = env_int("PIXEL_WORKERS", default=max(1, os.cpu_count() or 1), least=1)
WORKER_MAX_MB = env_int("WORKER_MAX_MB", default=1500, least=200)
# Own backplates: FOLDER/<style>/<name>.json beside its picture.
BACKPLATES_DIR = Path(value) if (value := env_text("BACKPLATES_DIR")) else None
MODELS_DIR = Path(env_text("MODELS_DIR") or DATA_DIR / "models")

# ---------------------------------------------------------------- deliveries, see docs/marketplaces.md
# Folder and zip targets lie below this folder and nowhere else.
DELIVERY_FOLDER = Path(env_text("DELIVERY_FOLDER") or DATA_DIR / "deliveries")
# DELIVERY_SECRET_NAME is what a target's secret "env:NAME" stands for.
DELIVERY_SECRETS = env_prefixed("DELIVERY_SECRET_")

# ---------------------------------------------------------------- content credentials (C2PA), see docs/marketplaces.md
# The signing certificate and its chain, PEM, own certificate first. Empty: files are not signed.
C2PA_CERTIFICATE = env_text("C2PA_CERTIFICATE")
# A PEM file; or, for a key that never leaves its box, the dotted name of a function from bytes to their raw signature.
C2PA_PRIVATE_KEY = env_text("C2PA_PRIVATE_KEY")
C2PA_SIGNER = env_text("C2PA_SIGNER")
C2PA_ALGORITHM = env_text("C2PA_ALGORITHM", "es256").lower()
# A time-stamping service; without one a signature ends to be valid with its certificate.
C2PA_TIMESTAMP_URL = env_text("C2PA_TIMESTAMP_URL")

# ---------------------------------------------------------------- hosted providers, see docs/providers.md
REPLICATE_API_TOKEN = env_text("REPLICATE_API_TOKEN")
REPLICATE_BASE_URL = env_text("REPLICATE_BASE_URL", "https://api.replicate.com").rstrip("/")
REPLICATE_BACKGROUND_MODEL = env_text("REPLICATE_BACKGROUND_MODEL", "black-forest-labs/flux-schnell")
REPLICATE_CUTOUT_MODEL = env_text("REPLICATE_CUTOUT_MODEL", "bria/remove-background")
# Other models for what is done there: "upscale=nightmareai/real-esrgan,video=bytedance/seedance-1-lite".
REPLICATE_MODELS = dict(entry.split("=", 1) for entry in env_list("REPLICATE_MODELS") if "=" in entry)
# The secret that signs Replicate's webhooks; asked for with the token when it is not given.
REPLICATE_WEBHOOK_SECRET = env_text("REPLICATE_WEBHOOK_SECRET")
# Where vendors can reach this site to say that a call has finished; empty: they are only asked.
PROVIDER_WEBHOOK_URL = env_text("PROVIDER_WEBHOOK_URL", SITE_URL if SITE_URL.startswith("https://") else "").rstrip("/")
# Faster, but the same seed no longer gives the same picture.
REPLICATE_GO_FAST = env_bool("REPLICATE_GO_FAST", default=False)
FIREFLY_CLIENT_ID = env_text("FIREFLY_CLIENT_ID")
FIREFLY_CLIENT_SECRET = env_text("FIREFLY_CLIENT_SECRET")
FIREFLY_TOKEN_URL = env_text("FIREFLY_TOKEN_URL", "https://ims-na1.adobelogin.com").rstrip("/")
FIREFLY_BASE_URL = env_text("FIREFLY_BASE_URL", "https://firefly-api.adobe.io").rstrip("/")
FIREFLY_PHOTOSHOP_URL = env_text("FIREFLY_PHOTOSHOP_URL", "https://image.adobe.io").rstrip("/")
FIREFLY_MODEL = env_text("FIREFLY_MODEL", "image4_standard")
# What the contract allows; four is the default for an organisation.
FIREFLY_CALLS_PER_MINUTE = env_int("FIREFLY_CALLS_PER_MINUTE", default=4, least=1)
GEMINI_API_KEY = env_text("GEMINI_API_KEY")
GEMINI_BASE_URL = env_text("GEMINI_BASE_URL", "https://generativelanguage.googleapis.com").rstrip("/")
GEMINI_MODEL = env_text("GEMINI_MODEL", "gemini-nano-banana-2.1")
GEMINI_IMAGE_SIZE = env_text("GEMINI_IMAGE_SIZE", "1K")
# Calls for the Batch API wait so long for others to go with; a batch under way is asked about so often.
GEMINI_BATCH_WAIT_S = env_int("GEMINI_BATCH_WAIT_S", default=60)
GEMINI_BATCH_POLL_S = env_int("GEMINI_BATCH_POLL_S", default=60, least=1)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "config.logs.LineFormatter"}, "json": {"()": "config.logs.JsonFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": env_choice("LOG_FORMAT", "line", "json")}},
    "root": {
        "handlers": ["console"],
        "level": env_choice("LOG_LEVEL", "info", "debug", "warning", "error", "critical").upper(),
    },
    "loggers": {"django.server": {"level": "WARNING"}, "httpx": {"level": "WARNING"}},
}
