# Everything runs in .venv, which is installed from hashed lock files. `make help` lists the targets.

PYTHON ?= python3
BIN := .venv/bin
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-emit-index-url --no-emit-package redshift-sandbox --no-annotate
ENVIRONMENT := PYTHON="$(PYTHON)" GOALS="$(MAKECMDGOALS)" tools/environment.sh
SCRIPTS := .ci/run tools/*.sh .github/scripts/*.sh terraform/modules/*/files/*.sh

# Let Python cache bytecode even if the user's environment forbids it: else each process compiles again.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help run sandbox sandbox-demo test test-fast test-long coverage docker-test clients-test terraform-test check format \
	dags terraform-docs aws-env viz ipython bench lock clean clean-data
.PHONY: .venv/ready .venv/ready-sandbox .venv/ready-viz .venv/ready-dev .venv/checkov/ready

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "Each target installs what it needs into .venv, once."

run: .venv/ready ## Generate a batch, load it, show what the warehouse holds
	@$(BIN)/kedro run

viz: .venv/ready-viz ## Show the pipelines in the browser, at 127.0.0.1:4141
	@PYTHONWARNINGS='ignore:ORJSONResponse is deprecated' $(BIN)/kedro viz run

ipython: .venv/ready-viz ## Open IPython with the catalog loaded
	@PATH="$(CURDIR)/$(BIN):$$PATH" kedro ipython

sandbox: .venv/ready-sandbox ## Start S3 and a Redshift stand-in, until Ctrl-C
	@echo 'In another terminal, once it is up: $(BIN)/kedro run --env sandbox'
	@$(BIN)/redshift-sandbox

sandbox-demo: .venv/ready-sandbox ## Start the sandbox, generate, load, show, stop
	@TXN_STARTED_BY=sandbox $(BIN)/redshift-sandbox -- $(BIN)/kedro run --env sandbox

ALL_CORES := --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

test: .venv/ready-dev .venv/checkov/ready ## Run all tests that this machine can run
	@$(BIN)/pytest $(ALL_CORES)

test-fast: .venv/ready-dev ## Run the tests that need no server (1 minute)
	@$(BIN)/pytest $(ALL_CORES) -m "not docker and not clients and not slow and not server" \
		--ignore=tests/airflow --ignore=tests/docker --ignore=tests/terraform

test-long: .venv/ready-dev ## Run all kill, race and connection-loss tests (30 minutes)
	@TXN_TEST_LONG=1 $(BIN)/pytest $(ALL_CORES) -m campaign

coverage: .venv/ready-dev .venv/checkov/ready ## Run all tests and list the branches they miss
	@$(BIN)/pytest $(ALL_CORES) --cov --cov-report=term-missing:skip-covered

docker-test: .venv/ready-dev ## Build the image and run both DAGs in the Compose stack
	@$(BIN)/pytest -m docker -rs tests/docker

clients-test: .venv/ready-dev ## Use dbt, dlt, awswrangler … on the sandbox
	@$(BIN)/pytest -m clients -rs tests/clients

terraform-test: .venv/ready-dev .venv/checkov/ready ## Validate, test and apply the stack without an AWS account
	@TXN_TEST_LONG=1 $(BIN)/pytest -rs tests/terraform

check: .venv/ready-dev ## Check format, lint, types, layers, workflows, scripts
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/hadolint Dockerfile
	@$(BIN)/zizmor --quiet --offline --pedantic .github
	@if [ -x $(BIN)/shellcheck ]; then $(BIN)/shellcheck $(SCRIPTS); \
		else echo "Left out: shellcheck, which has no wheel for Linux on arm64"; fi
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml

format: .venv/ready-dev ## Format the code and apply the linter's fixes
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

dags: .venv/ready-dev ## Export the pipelines to dags/ as Airflow DAGs
	@$(BIN)/kedro airflow create --pipelines generation,loading --group-by memory --target-dir dags \
		--jinja-file conf/airflow_dag.py.j2
	@$(BIN)/ruff format --quiet dags

terraform-docs: .venv/ready-dev ## Update the tables that terraform/ generates
	@$(BIN)/python terraform/write_columns.py
	@$(BIN)/python terraform/write_tables.py

aws-env: .venv/ready ## Write the outputs of `terraform apply` to .env
	@terraform -chdir=terraform output -json | $(BIN)/python terraform/write_env.py

bench: .venv/ready-sandbox ## Measure the performance targets, as ratios in one run
	@$(BIN)/python -m benchmarks

lock: .venv/ready ## Resolve the lock files again
	@$(LOCK) --upgrade --all-extras --output-file requirements.lock pyproject.toml
	@$(LOCK) --constraint requirements.lock --output-file requirements-core.lock pyproject.toml
	@$(LOCK) --extra sandbox --constraint requirements.lock --output-file requirements-sandbox.lock pyproject.toml
	@$(LOCK) --extra viz --constraint requirements.lock --output-file requirements-viz.lock pyproject.toml
	@$(LOCK) --extra airflow --constraint requirements.lock \
		--output-file requirements-docker.lock pyproject.toml
	@for client in tests/clients/requirements/*.in; do \
		$(LOCK) --upgrade --output-file "$${client%.in}.lock" "$$client"; done
	@echo 'checkov>=3.3,<4' | $(LOCK) --upgrade --output-file requirements-checkov.lock -

clean-data: ## Remove the embedded lake and warehouse
	@rm -rf data/lake data/warehouse.duckdb* data/.warehouse.duckdb*.tmp

clean: ## Remove .venv and all caches, keep the data
	@rm -rf .venv .venv.installing build dist src/*.egg-info src/redshift_sandbox/*.egg-info src/redshift_sandbox/build .coverage .coverage.* htmlcov .viz \
		.import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stages of .venv. These rules always run; usually nothing is missing.
.venv/ready:
	@$(ENVIRONMENT) core

.venv/ready-sandbox .venv/ready-viz .venv/ready-dev:
	@$(ENVIRONMENT) $(@:.venv/ready-%=%)

# checkov needs an environment of its own: it pins other versions of the project's dependencies.
.venv/checkov/ready:
	@$(ENVIRONMENT) checkov
