# What CI runs, and what a newcomer types. Everything happens in a virtual environment of its own.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: demo test check format bench clean

demo: $(VENV)/installed  ## paint two bundled pictures
	$(BIN)/nst-tf demo --output nst-tf-demo.png --overwrite
	@echo "The painting is $(CURDIR)/nst-tf-demo.png"

test: $(VENV)/installed-dev  ## run the whole suite
	$(BIN)/pytest

check: $(VENV)/installed-dev  ## lint, formatting, types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

format: $(VENV)/installed-dev  ## mend what can be mended
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(VENV)/installed-bench  ## one step's time against plain PyTorch
	$(BIN)/python benchmarks/step_time.py

clean:
	rm -rf $(VENV)

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --editable .
	touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/pip install --quiet --group dev
	touch $@

$(VENV)/installed-bench: $(VENV)/installed
	$(BIN)/pip install --quiet --group bench
	touch $@
