"""Settings of the test run: private services unless the environment names some, a stub broker, a throw-away media folder."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from config import embedded

# Before the real settings are read: they ask where the services are. Held until the process ends.
_services = embedded.running_services()
_services.__enter__()
atexit.register(_services.__exit__, None, None, None)

from config.settings import *  # noqa: E402, F403
from config.settings import DATABASES, STORAGES  # noqa: E402

# Several runs may share one server.
DATABASES["default"]["TEST"] = {"NAME": f"test_firstpass_{os.getpid()}"}
DATABASES["default"]["CONN_MAX_AGE"] = 0
MESSAGE_BROKER = "stub"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MEDIA_ROOT = Path(tempfile.mkdtemp(prefix="firstpass-test-media-"))
atexit.register(shutil.rmtree, MEDIA_ROOT, ignore_errors=True)
# There, though empty: WhiteNoise warns of a folder that is missing, and warnings are errors here.
STATIC_ROOT = MEDIA_ROOT / "static"
STATIC_ROOT.mkdir()
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = True
# A test is one transaction: a heartbeat on a connection of its own would not see the job and give it up.
LEASE_S = 3600
SECRET_KEY = "only for tests"
