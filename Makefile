# Every target sets up what it needs, inside this folder, and does nothing the second time.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
UV := .uv/bin/uv
UV_VERSION := 0.13.9
BIN := .venv/bin
export UV_CACHE_DIR ?= $(CURDIR)/.uv/cache
export UV_PYTHON_DOWNLOADS := never

# Of `make check`: apart, so that `make --jobs=2` makes them side by side.
CHECKS := check-style check-types check-sql

.PHONY: help setup run test check $(CHECKS) bench notebook fuzz audit sbom clean secrets up down logs cluster-test chaos outages

help: ## this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(UV):
	@$(PYTHON) -m venv .uv
	@.uv/bin/python -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"

# The stamp makes the second call instant; it is older than either file whenever those change.
.venv/.synced: pyproject.toml uv.lock | $(UV)
	@echo "Setting up the Python environment in .venv (first time: a minute or two) ..."
	@$(UV) sync --frozen --quiet --compile-bytecode --python "$$($(PYTHON) scripts/pick_python.py)"
	@touch $@

setup: .venv/.synced ## install everything the project needs into .venv

run: setup ## a night on the sample site: fetch, parse, build, check, publish
	@$(BIN)/cityreports run --sample

check: $(CHECKS) ## lint, types, import rules, SQL style, compose file

check-style: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports
	@$(BIN)/python scripts/check_compose.py

check-types: setup
	@$(BIN)/mypy

check-sql: setup
	@$(BIN)/sqlfluff lint dbt_project/models -q

test: check ## the checks above and every test
	@$(BIN)/python -m pytest -n 2

notebook: setup ## targets and what came of them, drawn in the browser
	@$(BIN)/marimo run notebooks/targets.py

bench: setup ## measure speed and memory, compare with bench/results.json
	@$(BIN)/python -m bench

ENTRY ?= text
FOR ?= 60
fuzz: setup ## coverage-guided fuzzing of one entry for so many seconds: ENTRY=text|html|pdf|word FOR=60
	@$(UV) run --frozen --with atheris==3.0.0 python -m tests.fuzz $(ENTRY) -max_total_time=$(FOR) -rss_limit_mb=2000

secrets: ## passwords and keys of the cluster into .env (what is there is kept)
	@$(PYTHON) scripts/make_secrets.py

up: secrets ## build the image, start the cluster of docker-compose.yml, wait until it is healthy
	@docker compose up --build --detach --wait
	@echo "Airflow: http://localhost:$${AIRFLOW_PORT:-8080} (user admin, AIRFLOW_ADMIN_PASSWORD of .env); reports: http://localhost:$${CITYREPORTS_WEB_PORT:-8081}"

down: ## stop the cluster; its data stay
	@docker compose down

logs: ## what the cluster says, as it says it
	@docker compose logs --follow --tail 100

cluster-test: setup ## the cluster as plain processes: a night on it and one embedded must publish the same
	@$(BIN)/python -m cluster $(ARGS)

TRIALS ?= 200
OUTAGES ?= 8
chaos: setup ## kill, fill the disk, take storage away, double, skew the clock: nothing lost, doubled or torn (TRIALS=200)
	@$(BIN)/python -m cluster.chaos --trials $(TRIALS) $(ARGS)

outages: setup ## services of the cluster killed while a night runs on it (OUTAGES=8)
	@$(BIN)/python -m cluster.outages --trials $(OUTAGES) $(ARGS)

audit: setup ## are the packages as locked, and is a weakness known of any? (ARGS=--offline: without the network)
	@$(BIN)/python -m scripts.audit $(ARGS)

sbom: setup ## list the packages that run, with licences, as CycloneDX: dist/sbom.cdx.json
	@$(BIN)/python -m scripts.sbom dist/sbom.cdx.json

clean: ## remove what the targets above made (data/ too)
	@rm -rf .venv .uv data .mypy_cache .ruff_cache .pytest_cache .hypothesis dbt_project/target dbt_project/logs
