"""Django's settings. Everything an operator may set is read from KETACARE_* (see dotenv-sample)."""

from datetime import timedelta
from pathlib import Path

from csp.constants import NONE, SELF

from ketacare.config import env, secrets

SOURCE = Path(__file__).resolve().parents[1]
ROOT = SOURCE.parents[1]
VAR = Path(env.text("VAR", str(ROOT / "var")))
NODE_MODULES = Path(env.text("NODE_MODULES", str(ROOT / "node_modules")))

DEBUG = env.flag("DEBUG", default=False)
SECRET_KEY = secrets.text("secret-key", VAR)
ALLOWED_HOSTS = env.words("HOSTS", "localhost,127.0.0.1,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("ORIGINS")
SECURE = env.flag("SECURE", default=False)  # behind TLS: cookies only over https
ALLAUTH_TRUSTED_PROXY_COUNT = int(env.flag("BEHIND_PROXY", default=False))  # the last of X-Forwarded-For is its own
if ALLAUTH_TRUSTED_PROXY_COUNT:  # then the proxy alone says how the request came to it
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "template_partials",
    "ketacare.ui",  # before allauth: its templates stand in for allauth's
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "ketacare.clinic",
    "ketacare.evaluation",
    "ketacare.worklist",
    "ketacare.record",
    "ketacare.consent",
    "ketacare.therapy",
    "ketacare.outcomes",
    "ketacare.stewardship",
    "ketacare.planning",
    "ketacare.infusion",
    "ketacare.followup",
    "ketacare.booking",
    "ketacare.billing",
    "ketacare.rights",
    "ketacare.portal",
    "ketacare.frontdesk",
    "ketacare.public",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "ketacare.clinic.bodies.LargestBodyMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "ketacare.clinic.web.ActorMiddleware",
    "ketacare.clinic.language.LanguageMiddleware",
    "ketacare.clinic.web.AuditMiddleware",
    "ketacare.clinic.idle.IdleMiddleware",
    "ketacare.clinic.login.SecondFactorMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "ketacare.config.urls"
WSGI_APPLICATION = "ketacare.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "ketacare.worklist.rail.surroundings",
                "ketacare.clinic.context.access",
                "ketacare.config.live.saving.for_pages",
            ],
        },
    }
]

DATABASES = {"default": env.database(env.text("DATABASE_URL", f"sqlite:///{VAR / 'clinic.sqlite3'}"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "clinic.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_ADAPTER = "ketacare.clinic.login.AccountAdapter"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = "[ketacare] "
ACCOUNT_RATE_LIMITS = {"login_failed": "30/m/ip,20/900s/key"}  # axes locks first; this one also guards the codes
MFA_ADAPTER = "ketacare.clinic.login.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # an administrator enters the address; nobody signs up
MFA_TOTP_ISSUER = "ketacare"
MFA_TOTP_TOLERANCE = 1  # a code typed as its 30 s end is still good: RFC 6238, section 5.2, allows one step
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not SECURE  # http://localhost only: browsers refuse passkeys elsewhere
PROCESS_NOTE_KEY = secrets.text("process-note-key", VAR)  # lose it and no process note can be opened again
SECOND_FACTOR_KEY = secrets.text("second-factor-key", VAR)  # lose it and everybody sets up a second factor again
REQUIRE_MFA = env.flag("REQUIRE_MFA", default=True)  # staff without a second factor set one up before anything else
PATIENT_HEADER = "ketacare.record.queries.patient_header"  # what clinic's own pages pin above a patient
IDLE_MINUTES = env.number("IDLE_MINUTES", 15)
DISK_RESERVE_MB = env.number(
    "DISK_RESERVE_MB", 100
)  # with less room than this on the database's disk all pages are red

# What a patient opens from a message starts with this.
PUBLIC_URL = env.text("PUBLIC_URL", "http://localhost:8000").rstrip("/")
EMAIL_HOST = env.text("EMAIL_HOST")
EMAIL_FILE_PATH = env.text("EMAIL_FOLDER")  # instead of a mail server: every mail is a file in this folder
EMAIL_PORT = env.number("EMAIL_PORT", 587)
EMAIL_HOST_USER = env.text("EMAIL_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_TLS", default=True)
EMAIL_TIMEOUT = 20  # seconds that a mail server may take
EMAIL_BACKEND_NAME = (
    "filebased" if EMAIL_FILE_PATH else "console" if env.flag("EMAIL_CONSOLE", default=False) else "smtp"
)
CAN_SEND_EMAIL = bool(EMAIL_HOST) or EMAIL_BACKEND_NAME != "smtp"
EMAIL_BACKEND = f"django.core.mail.backends.{EMAIL_BACKEND_NAME if CAN_SEND_EMAIL else 'dummy'}.EmailBackend"
# How text messages leave: the dotted name of a function (to, words, key). Files: ketacare.portal.texting.into_files
TEXT_SENDER = env.text("TEXT_SENDER")
TEXT_FOLDER = Path(env.text("TEXT_FOLDER", str(VAR / "texts")))
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", "ketacare@localhost")

SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())  # a log-in left alone for longer starts afresh
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000  # bytes; the longest form and what a tablet keeps back are far below
FILE_UPLOAD_HANDLERS = ["ketacare.clinic.bodies.NoFiles"]
CSRF_FAILURE_VIEW = "ketacare.public.refusals.too_old"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

AXES_FAILURE_LIMIT = env.number("LOCKOUT_FAILURES", 5)
AXES_COOLOFF_TIME = timedelta(minutes=env.number("LOCKOUT_MINUTES", 15))
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_FORM_FIELD = "login"
AXES_USERNAME_CALLABLE = "ketacare.clinic.login.name_tried"
AXES_CLIENT_IP_CALLABLE = "ketacare.clinic.login.computer"
AXES_LOCKOUT_TEMPLATE = "account/locked_out.html"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "connect-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]  # each by its own name; staff pages are English
FORMAT_MODULE_PATH = "ketacare.ui.formats"
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [
    ("vendor/tabler", NODE_MODULES / "@tabler/core/dist/css"),
    ("vendor/uplot", NODE_MODULES / "uplot/dist"),
]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

AUDIT_KEYS = Path(env.text("AUDIT_KEYS", str(VAR / "audit-keys")))  # keep it outside database and backup

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"sparing": {"()": "ketacare.config.live.sparing.Sparing", "about": "ketacare.config.live"}},
    "formatters": {"discreet": {"()": "ketacare.config.discreet.Discreet"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "filters": ["sparing"], "formatter": "discreet"}},
    "loggers": {
        "django": {"handlers": []},  # its own would print with the words of exceptions, and mail whole requests
        "django.db.backends": {"level": "INFO"},  # below that it prints every value of every query
    },
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "WARNING")},
}
