# make book    the site, built strictly, in _build/html
# make test    everything that has to hold: lint, unit tests, lessons, strict build, checks of the site
# make help    the rest
#
# Each target makes .venv and installs requirements.txt when needed. Python 3.11 or newer, git and
# make are enough; another interpreter: make PYTHON=python3.12 book

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WORKERS ?= 2
PORT ?= 8000

export PYTHONUTF8 = 1
# Two workers on two cores: without this each would start as many threads as there are cores.
ONE_THREAD := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1

.PHONY: help book test lint format serve publish repo vendor clean

help:
	@echo "make book      build the site into _build/html"
	@echo "make test      lint, unit tests, every notebook in smoke mode, strict build, site checks"
	@echo "make lint      ruff check and ruff format --check      (make format: put it right)"
	@echo "make serve     build, then show the site at http://127.0.0.1:$(PORT)"
	@echo "make publish   execute the notebooks in full mode and store their outputs"
	@echo "               one of them: make publish NOTEBOOKS=notebooks/4_1_cnn.ipynb"
	@echo "make vendor    rebuild book/vendor from the pinned npm packages"
	@echo "make repo SLUG=owner/name   move the project to another repository"
	@echo "make clean     remove what was built; .venv stays"

$(STAMP): requirements.txt pyproject.toml
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" \
	  || { echo "Python 3.11 or newer is needed. Name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) \
	  || { echo "python -m venv failed. On Debian and Ubuntu: apt install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --disable-pip-version-check -r requirements.txt
	@touch $@

# After a failed build the cache goes: an incremental build repeats no warning of an unchanged page.
book: $(STAMP)
	$(BIN)/jupyter-book build . -W -n --keep-going || { rm -rf _build/.doctrees; exit 1; }
	@echo "First page: $(CURDIR)/_build/html/book/intro.html"

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: lint
	$(ONE_THREAD) $(BIN)/python -m pytest -n $(WORKERS) tests --ignore tests/test_site.py
	$(ONE_THREAD) AESTHETIC_MODE=smoke $(BIN)/python -m pytest \
	  --nbval-lax --nbval-current-env --nbval-cell-timeout 300 \
	  --nbval-sanitize-with tests/sanitize.cfg -n $(WORKERS) --dist loadscope notebooks
	rm -rf _build/html _build/.doctrees
	$(MAKE) book
	$(BIN)/python -m pytest tests/test_site.py
	@echo "All tests passed."

serve: book
	$(BIN)/python -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

publish: $(STAMP)
	$(BIN)/python tools/publish.py $(NOTEBOOKS)

# Needs no virtual environment: the Pages workflow runs it before anything is installed.
repo:
	$(PYTHON) tools/repo.py $(SLUG)

vendor:
	$(PYTHON) tools/vendor.py

clean:
	rm -rf _build build .pytest_cache .ruff_cache
	find . -name __pycache__ -not -path "./$(VENV)/*" -prune -exec rm -rf {} +
