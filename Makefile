# Two commands do everything on a fresh machine: make demo, make test.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help install demo check test test-all bench reproduce-ds2dl docs clean

help:  ## show this list
	@grep -E '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 17

install: $(STAMP)  ## make the virtual environment, every version pinned

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --only-binary :all: torch==2.13.0
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --only-binary :all: setuptools
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --no-build-isolation -e '.[dev,batch]'
	@touch $(STAMP)

demo: install  ## a scene with known truth, the chain, a report: about a minute
	$(BIN)/hsicli demo demo

check: install  ## format, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

# Two test processes on two cores: each keeps to one thread, or their pools spin against each other.
test: export OMP_NUM_THREADS = 1
test: export OPENBLAS_NUM_THREADS = 1
test: export OMP_WAIT_POLICY = PASSIVE
test: install  ## the tests, under five minutes
	$(BIN)/pytest -n 2 --dist loadgroup

test-all: install  ## the slow ones too
	$(BIN)/pytest -m 'not gpu and not slurm and not qgis'

bench: install  ## time every kernel beside its peer
	$(BIN)/python scripts/bench.py

# Hours on a processor: what is done is kept, so it may be stopped and given again.
reproduce-ds2dl: install  ## the table of DS2DL and ours, from the public files in DATA=folder
	@test -n "$(DATA)" || { echo "give DATA=folder: docs/data.md says which files it is to hold"; exit 2; }
	$(BIN)/python scripts/reproduce_ds2dl.py "$(DATA)" $(OPTIONS)

docs: install  ## write the generated pages
	$(BIN)/python scripts/write_docs.py

clean:  ## remove what make made
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache demo
