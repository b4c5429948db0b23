# make book    the site, built strictly, in _build/html; installs no PyTorch
# make test    everything that has to hold: lint, unit tests, lessons, strict build, checks of the site
# make help    the rest
#
# Each target makes .venv and installs what it needs. Python 3.11 or newer, git and make are enough;
# another interpreter: make PYTHON=python3.12 book

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
BOOK := $(VENV)/.installed-book
STAMP := $(VENV)/.installed
WORKERS ?= 2
PORT ?= 8000
KIT ?= full
PIP := $(BIN)/python -m pip install --disable-pip-version-check
# make TORCH=cpu install: on Linux the index has PyTorch for CUDA, 3 GB of it; for lessons on a CPU a tenth is enough
TORCH ?= default
ifeq ($(TORCH),cpu)
PIP_TORCH := --extra-index-url https://download.pytorch.org/whl/cpu
endif

export PYTHONUTF8 = 1
# Where this is set, each of some hundred processes compiles the package anew, and pytest rewrites 5,000 tests.
unexport PYTHONDONTWRITEBYTECODE
# Two workers on two cores: without this each would start as many threads as there are cores.
ONE_THREAD := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1

.PHONY: help book install test code site units lessons lint format serve classroom assignments usb handout publish results repo vendor clean

help:
	@echo "make book      build the site into _build/html (downloads about 100 MB, no PyTorch)"
	@echo "make test      lint, unit tests, every notebook in smoke mode, strict build, site checks"
	@echo "make install   what the lessons need (on Linux 3 GB; with TORCH=cpu about 400 MB)"
	@echo "make lint      style, types, directions of imports, workflows      (make format: put the style right)"
	@echo "make serve     build, then show the site at http://127.0.0.1:$(PORT)"
	@echo "make assignments four assignments with an autograder, in _build/assignments"
	@echo "make usb       a folder for a stick, in _build/usb: the book, the lessons and all packages, for Windows, macOS"
	@echo "               and Linux without a network; pages alone: make usb KIT=reading"
	@echo "make classroom the lessons for a class: without solutions, for the teacher, as slides, in _build/classroom"
	@echo "make handout   the lessons as PDF for paper, in _build/handout (needs Chromium; HANDOUT=--book: the whole book)"
	@echo "make publish   execute the notebooks in full mode and store their outputs"
	@echo "               one of them: make publish NOTEBOOKS=notebooks/4_1_cnn.ipynb"
	@echo "make results   train and measure anew what is published and not up to date; on a CPU many hours"
	@echo "               what would be made: make results RESULTS=--dry-run"
	@echo "make vendor    rebuild book/vendor from the pinned npm packages"
	@echo "make repo SLUG=owner/name   move the project to another repository"
	@echo "make clean     remove what was built; .venv stays"

$(BIN)/python:
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" \
	  || { echo "Python 3.11 or newer is needed. Name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { echo "python -m venv failed. On Debian and Ubuntu: apt install python3-venv"; exit 1; }

$(BOOK): requirements-book.txt | $(BIN)/python
	$(PIP) -r requirements-book.txt
	@touch $@

$(STAMP): requirements.txt requirements-book.txt pyproject.toml | $(BIN)/python
	$(PIP) -r requirements.txt $(PIP_TORCH)
	@touch $(BOOK) $@

# After a failed build the cache goes: an incremental build repeats no warning of an unchanged page.
book: $(BOOK)
	$(BIN)/jupyter-book build . -W -n --keep-going || { rm -rf _build/.doctrees; exit 1; }
	@echo "First page: $(CURDIR)/_build/html/index.html"

# what the lessons need, in .venv
install: $(STAMP)

# style, types, that imports go one way, and the form of what GitHub reads
lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache --no-logo
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.dependabot .github/dependabot.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.citation-file-format CITATION.cff

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Tests in a browser wait half of their time: they go beside those that calculate.
test: $(STAMP)
	rm -rf _build/html _build/.doctrees
	$(MAKE) -j3 lint code site
	@echo "All tests passed."

code: $(STAMP)
	$(MAKE) units
	$(MAKE) lessons

# the book, built strictly, and what its pages have to be
site: $(STAMP)
	$(MAKE) book
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup tests/test_site.py tests/browser

units: $(STAMP)
	$(ONE_THREAD) $(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup tests --ignore tests/test_site.py --ignore tests/browser

# tools/lessons/in_nbval.py: each cell a second time, and the claims; without it nbval runs each cell once
lessons: $(STAMP)
	$(ONE_THREAD) AESTHETIC_MODE=smoke $(BIN)/python -m pytest \
	  -p tools.lessons.in_nbval --nbval-lax --nbval-current-env --nbval-cell-timeout 300 \
	  --nbval-sanitize-with tests/sanitize.cfg -n $(WORKERS) --dist loadscope notebooks

serve: book
	$(BIN)/python -m http.server $(PORT) --bind 127.0.0.1 --directory _build/html

classroom: $(STAMP)
	$(BIN)/python -m tools.classroom $(NOTEBOOKS)

assignments: $(STAMP)
	$(BIN)/python -m tools.assignments

# other systems, other versions of Python, CIFAR-10: python -m tools.usb --help
usb: book $(if $(filter reading,$(KIT)),,$(STAMP))
	$(BIN)/python -m tools.usb --kit $(KIT) $(USB)

handout: book $(STAMP)
	$(BIN)/python -m tools.handout $(HANDOUT) $(NOTEBOOKS)

publish: $(STAMP)
	$(BIN)/python tools/publish.py $(NOTEBOOKS)

# In a copy of the repository, and with toys: AESTHETIC_MODE=smoke make results
results: $(STAMP)
	AESTHETIC_MODE=$${AESTHETIC_MODE:-full} $(BIN)/python -m tools.results $(RESULTS)

# Needs no virtual environment: the Pages workflow runs it before anything is installed.
repo:
	$(PYTHON) tools/repo.py $(SLUG)

vendor:
	$(PYTHON) tools/vendor.py

clean:
	rm -rf _build build .pytest_cache .ruff_cache
	find . -name __pycache__ -not -path "./$(VENV)/*" -prune -exec rm -rf {} +
