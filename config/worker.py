"""Entry for `dramatiq config.worker`: Django set up, broker set, every actor declared."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from dramatiq import get_broker  # noqa: E402

broker = get_broker()
