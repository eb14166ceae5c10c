"""The web process stays small: what only workers need is not loaded by any page or API module."""

import json
import os
import subprocess
import sys

HEAVY = ("rembg", "pymatting", "onnxruntime", "skimage", "cv2")
PROGRAM = """
import json, sys
from config.wsgi import application
from django.urls import get_resolver

def walk(patterns):
    for one in patterns:
        walk(getattr(one, "url_patterns", []))

walk(get_resolver().url_patterns)
from processing.providers import MODULES, provider
said = {name: provider(name).unavailable_reason() for name in MODULES}
print(json.dumps([name for name in %r if name in sys.modules]))
"""


def test_web_process_never_loads_the_heavy_libraries(tmp_path):
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings", "FIRSTPASS_DATA": str(tmp_path)}
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM % (HEAVY,)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr[-2000:]
    assert json.loads(answer.stdout.splitlines()[-1]) == []
