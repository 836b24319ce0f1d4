# make run: where things stand now, on a fresh machine. make test: all tests but the slow sweeps.
PYTHON ?= python3
BIN := .venv/bin
EXTRAS := .[dev]

.PHONY: run test test-slow test-browser docs lint format bench calibration schema assumptions gallery clean

run: .venv/stamp
	$(BIN)/relsim run today

test: .venv/stamp
	$(BIN)/python -m pytest -n auto --dist worksteal -m "not slow and not browser"

test-slow: .venv/stamp
	$(BIN)/python -m pytest -m slow

# needs Chromium beside what is installed here; without it the tests say so and skip, but where CI is set they fail
test-browser: .venv/stamp
	$(BIN)/python -m pip install --quiet --disable-pip-version-check jupyterlab voila playwright
	$(BIN)/python -m pytest -m browser

# everything under docs/ that is made from the code and the files: reference, rendered notebooks, assumptions, gallery
docs: schema assumptions gallery
	$(BIN)/relsim report talks_2027 --against today -o docs/examples/report.html
	$(BIN)/python docs/reference.py
	$(BIN)/python docs/render_notebooks.py

lint: .venv/stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: .venv/stamp
	$(BIN)/python benchmarks/engine.py
	$(BIN)/python benchmarks/pairing.py
	$(BIN)/python benchmarks/commands.py

calibration: .venv/stamp
	$(BIN)/python benchmarks/calibration.py

assumptions: .venv/stamp
	$(BIN)/relsim assumptions seeds/*.toml scenarios/*.toml -o docs/assumptions.md

gallery: .venv/stamp
	$(BIN)/python docs/gallery.py

schema: .venv/stamp
	$(BIN)/relsim schema -o docs/scenario.schema.json
	$(BIN)/relsim schema --record -o docs/record.schema.json

.venv/stamp: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name it with: make PYTHON=python3.12 run"; exit 1; }
	@$(PYTHON) -m venv .venv || \
	  { echo "Python's venv module is missing; on Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable "$(EXTRAS)"
	@touch $@

clean:
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache
