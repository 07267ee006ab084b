# Set-up is part of every target: nothing has to be done first.

PYTHON ?= /usr/bin/python3
BIN := .venv/bin
# Recorded clips and public models, where they are; see README.
ASSETS ?= $(wildcard ../shared/assets)
export EDGEACT_MODEL_DIR ?= $(if $(ASSETS),$(abspath $(ASSETS))/models)

.PHONY: demo test check acceptance contract lock clean

demo: .venv/.cpu
	$(BIN)/edgeact demo

test: .venv/.tests
	$(MAKE) --no-print-directory check
	$(if $(ASSETS),$(BIN)/python -m export.fetch yolox_nano movenet_lightning)
	$(BIN)/python -m pytest -q -n 2 --dist loadfile

check: .venv/.tests
	$(BIN)/ruff format --check -q .
	$(BIN)/ruff check -q .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

acceptance: .venv/.tests
	$(BIN)/python -m tests.acceptance

# JSON Schemas and the AsyncAPI document of the messages; a test compares.
contract: .venv/.cpu
	$(BIN)/python -m pipelines.publish.documents

# PyGObject and GStreamer come from the distribution, so the environment sees its packages.
.venv/bin/python:
	requirements/install-system.sh requirements/system.txt
	$(PYTHON) -m venv --system-site-packages .venv

.venv/.cpu: .venv/bin/python requirements/system.txt requirements/cpu.txt pyproject.toml
	requirements/install-system.sh requirements/system.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements/cpu.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps -e .
	touch $@

.venv/.tests: .venv/.cpu requirements/system-tests.txt requirements/tests.txt
	requirements/install-system.sh requirements/system-tests.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements/tests.txt
	touch $@

# torch's own wheel names the CUDA packages that fit it; they are not pinned here.
CUDA := $(addprefix --no-emit-package ,cuda-bindings cuda-pathfinder cuda-toolkit nvidia-cublas \
	nvidia-cuda-cupti nvidia-cuda-nvrtc nvidia-cuda-runtime nvidia-cudnn-cu13 nvidia-cufft \
	nvidia-cufile nvidia-curand nvidia-cusolver nvidia-cusparse nvidia-cusparselt-cu13 \
	nvidia-nccl-cu13 nvidia-nvjitlink nvidia-nvshmem-cu13 nvidia-nvtx triton)

lock: .venv/bin/python
	$(BIN)/python -m pip install -q uv
	for use in runtime deepstream cpu redis kafka training tests; do \
		$(BIN)/uv pip compile -q --universal --python-version 3.10 --no-emit-index-url \
			--no-emit-find-links --custom-compile-command "make lock" $(CUDA) \
			requirements/$$use.in -o requirements/$$use.txt || exit 1; \
	done

clean:
	rm -rf .venv build out runs engines/store
