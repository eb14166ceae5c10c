"""Settings of the test run: private services unless the environment names some, a stub broker, throw-away folders.

Several processes of one run (pytest -n) and several runs share the services: each has a database and two Redis databases of its own.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from config import embedded

# Apart from the site of this checkout, and never waiting for the disk: what tests write need not outlive the machine.
os.environ.setdefault("FIRSTPASS_DATA", str(embedded.data_dir() / "tests"))
os.environ.setdefault("FIRSTPASS_FSYNC", "off")
# Before the real settings are read: they ask where the services are. Held until the process ends.
_services = embedded.running_services()
_services.__enter__()
atexit.register(_services.__exit__, None, None, None)

from config.settings import *  # noqa: E402, F403
from config.settings import DATABASES, REDIS_URL, STORAGES  # noqa: E402
from tests.services import redis_database, worker_number  # noqa: E402

# Several runs may share one server.
DATABASES["default"]["TEST"] = {"NAME": f"test_firstpass_{os.getpid()}"}
DATABASES["default"]["CONN_MAX_AGE"] = 0
REDIS_URL, TOWN_REDIS_URL = (redis_database(REDIS_URL, 2 * worker_number() + place) for place in (0, 1))
MESSAGE_BROKER = "stub"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DATA_DIR = Path(tempfile.mkdtemp(prefix="firstpass-test-data-"))
atexit.register(shutil.rmtree, DATA_DIR, ignore_errors=True)
MEDIA_ROOT = DATA_DIR / "media"
MEDIA_ROOT.mkdir()
# There, though empty: WhiteNoise warns of a folder that is missing, and warnings are errors here.
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir()
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_USE_FINDERS = True
# A test is one transaction: a heartbeat on a connection of its own would not see the job and give it up.
LEASE_S = 3600
SECRET_KEY = "only for tests"
