# make demo   sets everything up and runs `synth generate --langs all` on the embedded default, then the filter
# make test   sets everything up and runs the tests
SHELL := bash
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.synth-ready

.PHONY: setup demo test check format lock clean
setup: $(READY)

$(READY): tools/setup.sh locks/cpu.txt pyproject.toml
	bash tools/setup.sh $(VENV)
	touch $@

demo: setup
	@$(BIN)/synth generate --langs all
	@$(BIN)/synth filter corpora/sample-embedded

test: setup
	$(BIN)/python -m pytest -q -n 2 --dist loadfile

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lock: setup
	bash tools/lock.sh $(VENV)

clean:
	rm -rf $(VENV) build *.egg-info .mypy_cache .ruff_cache .pytest_cache
