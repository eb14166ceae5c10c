# Everything starts here. `make demo` and `make test` set up what they need by themselves.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do command -v $$p >/dev/null 2>&1 && $$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
RUN := $(BIN)/python manage.py
STAMP := $(VENV)/.installed
LOCK := CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-emit-index-url --no-emit-find-links --no-emit-trusted-host
# Libraries must not start threads of their own: there is one worker a core.
export OMP_NUM_THREADS ?= 1
# The whole suite in a process a core, eight at most: tests/services.py. Given tests run in one process, which starts sooner.
PARALLEL ?= -n logical --maxprocesses 8 --dist worksteal

.PHONY: help setup demo up test check format bench gallery lock browser clean
help:            ## what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## */  make \1\t/' | expand -t 16

setup: $(STAMP)  ## virtual environment with everything pinned
$(STAMP): requirements/dev.txt
	@test -n "$(PYTHON)" || { echo "Firstpass needs Python 3.11, 3.12 or 3.13; none was found. Install one, or name it: make setup PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "$(PYTHON) lacks the venv module. On Debian: apt-get install python3-venv"; exit 1; }
	@command -v cc >/dev/null 2>&1 || command -v gcc >/dev/null 2>&1 || echo "No C compiler was found. Most packages come ready made; if one has to be built, install gcc."
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

demo: setup      ## process the sample catalogue, print what shipped and what waits, serve the site
	$(RUN) demo $(ARGS)

up: setup        ## web server, workers, scheduler, database and broker in one process tree
	$(RUN) up $(ARGS)

browser: setup   ## a Chromium for the browser tests: the system's, else installed
	@$(BIN)/python tests/browser/install.py

test: setup browser  ## all tests; some with ARGS="tests/review -x"
	$(BIN)/python -m pytest $(or $(ARGS),$(PARALLEL))

check: setup browser ## what has to hold before a commit: format, lint, types, imports, migrations, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(RUN) check --fail-level WARNING
	$(RUN) makemigrations --check --dry-run
	$(BIN)/python -m pytest $(PARALLEL) --cov --cov-report=term --cov-fail-under=90

format: setup    ## put the code in order
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup     ## measure; SUITE=cutout, gate, pipeline, review, sync; engine and soak only when named
	$(RUN) bench $(if $(SUITE),--suite $(SUITE)) $(ARGS)

gallery: setup   ## contact sheets of the samples under var/gallery
	$(RUN) gallery $(ARGS)

lock: setup      ## compile the pinned requirements from pyproject.toml
	$(LOCK) -o requirements/base.txt pyproject.toml
	$(LOCK) --extra dev -c requirements/base.txt -o requirements/dev.txt pyproject.toml

clean:           ## remove the virtual environment and all data of this checkout
	rm -rf $(VENV) var
