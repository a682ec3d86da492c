# What CI runs, and what a newcomer types. Everything happens in a virtual environment of its own.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
TRAIN = KERAS_BACKEND=torch $(BIN)/python -m tools.train_builtin
RECIPE = --work build/train_builtin --steps 6000 --count 800 --picture-size 192 --batch 96 --precision mixed_bfloat16

.PHONY: demo test test-index test-page test-beam check format dist docs bench bench-full judge judge-tried soak soak-load fuzz paper paper-figures published train-builtin clean

demo: $(VENV)/installed  ## paint two bundled pictures
	$(BIN)/nst-tf weights fetch || echo "Going on with the built-in network."
	$(BIN)/nst-tf demo --output nst-tf-demo.png --overwrite
	@echo "The painting is $(CURDIR)/nst-tf-demo.png"

test: $(VENV)/installed-dev  ## run the whole suite, on up to four cores at once
	$(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist worksteal

test-index: $(VENV)/installed-dev  ## ImageNet's filters from the machine's own package index
	$(BIN)/pytest -m index tests/nst_tf/weights

test-page: $(VENV)/installed-dev  ## the page of nst-tf page in Chromium (Debian's package chromium), half a minute
	$(BIN)/pytest -m browser tests/serving/page

test-beam: $(VENV)/installed-dev $(VENV)-beam/installed  ## the example for Apache Beam, in an environment of its own
	$(BIN)/pytest tests/serving/test_beam_pipeline.py

check: $(VENV)/installed-dev  ## lint, formatting, types, who imports whom
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	PYTHONPATH=.:cli:serving $(BIN)/lint-imports

format: $(VENV)/installed-dev  ## mend what can be mended
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

dist: $(VENV)/installed-dist  ## wheel and sdist in dist/, checked; the sdist builds the same wheel
	$(BIN)/python -m tools.dist

docs: $(VENV)/installed-docs  ## the site in build/site; a broken link fails
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

bench: $(VENV)/installed-bench  ## step times and loss over time against plain PyTorch, under 15 minutes
	$(BIN)/python -m benchmarks steps --rounds 1
	$(BIN)/python -m benchmarks curves --size 256

# PAIRS may name other pictures: make bench-full PAIRS="--pair photo.jpg,painting.jpg --pair ..."
bench-full: $(VENV)/installed-bench  ## all of docs/performance.md, some hours
	$(BIN)/python -m benchmarks steps --size 256 --size 512 --size 1024 --rounds 2
	$(BIN)/python -m benchmarks scaling
	$(BIN)/python -m benchmarks variants
	$(BIN)/python -m benchmarks parity
	$(BIN)/python -m benchmarks sizes
	$(BIN)/python -m benchmarks startup
	$(BIN)/python -m benchmarks curves --size 512 --evaluations 300 $(PAIRS)

# IMAGES may name another folder of the nine pairs' pictures: make judge IMAGES=~/pictures
JUDGE = $(BIN)/python -m tools.judge paint $(if $(IMAGES),--images $(IMAGES)) --weights imagenet --judge-weights imagenet
FOUR = tubingen.jpg,starry_night.jpg tubingen.jpg,composition_vii.jpg china.jpg,the_scream.jpg astronaut.png,vangogh_starry_night.jpg
judge: $(VENV)/installed-dev  ## paint nine pairs with each preset, and judge them by measures that no loss contains
	$(JUDGE) -o build/judge --document docs/defaults.md:presets

judge-tried: $(VENV)/installed-dev  ## the same for what was tried for the defaults, on four pairs
	$(JUDGE) -o build/judge-tried --tried --size 384 $(FOUR:%=--pair %) --document docs/defaults.md:tried

soak: $(VENV)/installed-dev $(VENV)/installed-bench  ## runs that are killed or lose their disk, and a busy server; some minutes
	$(BIN)/python -m tools.soak kills
	$(BIN)/python -m tools.soak faults
	$(BIN)/python -m tools.soak batches
	NST_TF_SOAK=1 $(BIN)/pytest tests/serving/test_server_engine.py tests/serving/test_slices.py tests/serving/rest/test_request_in_slices.py

soak-load: $(VENV)/installed-dev  ## 64 clients of all kinds against both servers, ten minutes each
	$(BIN)/python -m tools.soak load

fuzz: $(VENV)/installed-dev  ## 2,000 broken files and wrong command lines, the same ones every time; for every night
	NST_TF_FUZZ=2000 $(BIN)/pytest tests/cli/test_fuzz.py

# PHOTO and PAINTING may name other pictures: make paper PHOTO=photo.jpg PAINTING=painting.jpg
paper: $(VENV)/installed-dev  ## the tables of docs/paper.md and the pictures of its notebook, some minutes
	$(BIN)/python -m tools.paper reconstructions $(PHOTO)
	$(BIN)/python -m tools.paper textures $(PAINTING)
	$(BIN)/python -m tools.paper notebook

# The very pictures of the paper's first figures; half an hour and more: make paper-figures IMAGES=~/pictures
OLD = $(or $(IMAGES),../shared/images)
paper-figures: $(VENV)/installed-dev  ## the paper's figures with ImageNet's filters
	$(BIN)/python -m tools.paper figures $(OLD)/tubingen.jpg $(OLD)/composition_vii.jpg $(OLD)/shipwreck.jpg $(OLD)/vangogh_starry_night.jpg $(OLD)/the_scream.jpg

# Half an hour for each way to read the pictures; make published IMAGES=~/pictures
published: $(VENV)/installed-dev  ## the run whose losses the paper's author printed, in a table beside them
	$(BIN)/python -m tools.paper published --pictures $(OLD)

train-builtin: $(VENV)/installed-bench  ## draw pictures and train the built-in network on them, about two and a half hours
	$(TRAIN) train $(RECIPE) --crop 32 --scale 0.16 0.5 --until 0.66
	$(TRAIN) train $(RECIPE) --crop 48 --scale 0.25 0.8
	$(TRAIN) fold build/train_builtin build/train_builtin/builtin.npz --int8
	$(TRAIN) join build/train_builtin/trained.npz build/train_builtin/builtin.?.npz
	$(TRAIN) colors build/train_builtin/trained.npz build/train_builtin/builtin_vgg19.npz
	@echo "Put build/train_builtin/builtin_vgg19.npz into nst_tf/assets, and its hash (sha256sum) into nst_tf/weights/builtin.py"

clean:
	rm -rf $(VENV) $(VENV)-beam

$(VENV)/installed: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --editable .
	touch $@

$(VENV)/installed-dev: $(VENV)/installed
	$(BIN)/pip install --quiet --group dev
	touch $@

$(VENV)-beam/installed:  # Beam's pins of protobuf and Pillow are other ones
	$(PYTHON) -m venv $(VENV)-beam
	$(VENV)-beam/bin/pip install --quiet --upgrade pip
	$(VENV)-beam/bin/pip install --quiet apache-beam "tensorflow>=2.20"
	touch $@

$(VENV)/installed-dist: $(VENV)/installed
	$(BIN)/pip install --quiet --group dist
	touch $@

$(VENV)/installed-docs: $(VENV)/installed
	$(BIN)/pip install --quiet --group docs
	touch $@

$(VENV)/installed-bench: $(VENV)/installed
	$(BIN)/pip install --quiet --group bench
	touch $@
