# Everything runs in .venv, which is made from hashed locks. `make help` lists the targets.

PYTHON ?= python3
BIN := .venv/bin
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-emit-index-url --no-annotate
ENVIRONMENT := PYTHON="$(PYTHON)" GOALS="$(MAKECMDGOALS)" tools/environment.sh
SCRIPTS := .ci/run tools/*.sh .github/scripts/*.sh terraform/modules/*/files/*.sh

# Python compiles what it imports once, not in each process, even where it is set not to.
export PYTHONDONTWRITEBYTECODE :=

.DEFAULT_GOAL := help
.PHONY: help run sandbox sandbox-demo test test-fast test-long coverage docker-test terraform-test check format \
	dags terraform-docs aws-env viz ipython bench lock clean clean-data
.PHONY: .venv/ready .venv/ready-sandbox .venv/ready-viz .venv/ready-dev .venv/checkov/ready

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "Each target installs what it needs into .venv, once."

run: .venv/ready ## Generate a batch, load it, show what the warehouse holds
	@$(BIN)/kedro run

viz: .venv/ready-viz ## Show the pipelines in the browser, at 127.0.0.1:4141
	@PYTHONWARNINGS='ignore:ORJSONResponse is deprecated' $(BIN)/kedro viz run

ipython: .venv/ready-viz ## Open IPython with the catalog at hand
	@PATH="$(CURDIR)/$(BIN):$$PATH" kedro ipython

sandbox: .venv/ready-sandbox ## Start S3 and a Redshift stand-in, until Ctrl-C
	@$(BIN)/python -m txn_kedro.sandbox

sandbox-demo: .venv/ready-sandbox ## Start the sandbox, generate, load, show, stop
	@$(BIN)/python -m txn_kedro.sandbox -- $(BIN)/kedro run --env sandbox

ALL_CORES := --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

test: .venv/ready-dev .venv/checkov/ready ## Run every test that this machine can run
	@$(BIN)/pytest $(ALL_CORES)

test-fast: .venv/ready-dev ## Run the tests that need no server, within a minute
	@$(BIN)/pytest $(ALL_CORES) -m "not docker and not slow and not server" \
		--ignore=tests/airflow --ignore=tests/docker --ignore=tests/terraform

test-long: .venv/ready-dev ## Run every kill, race and cut, within half an hour
	@TXN_TEST_LONG=1 $(BIN)/pytest $(ALL_CORES) -m campaign

coverage: .venv/ready-dev .venv/checkov/ready ## Run all tests, list branches that none takes
	@$(BIN)/pytest $(ALL_CORES) --cov --cov-report=term-missing:skip-covered

docker-test: .venv/ready-dev ## Build the image and run both DAGs in the Compose stack
	@$(BIN)/pytest -m docker -rs tests/docker

terraform-test: .venv/ready-dev .venv/checkov/ready ## Validate, test and apply the stack, without an account
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

format: .venv/ready-dev ## Format the code, fix what the linter can fix
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

dags: .venv/ready-dev ## Export the pipelines to dags/ as Airflow DAGs
	@$(BIN)/kedro airflow create --pipelines generation,loading --group-by memory --target-dir dags \
		--jinja-file conf/airflow_dag.py.j2
	@$(BIN)/ruff format --quiet dags

terraform-docs: .venv/ready-dev ## Write the tables of the READMEs in terraform/
	@$(BIN)/python terraform/write_tables.py

aws-env: .venv/ready ## Write what `terraform apply` made to .env
	@terraform -chdir=terraform output -json | $(BIN)/python terraform/write_env.py

bench: .venv/ready-sandbox ## Measure the targets, as ratios within one run
	@$(BIN)/python -m benchmarks

lock: .venv/ready ## Resolve the lock files again
	@$(LOCK) --upgrade --all-extras --output-file requirements.lock pyproject.toml
	@$(LOCK) --constraint requirements.lock --output-file requirements-core.lock pyproject.toml
	@$(LOCK) --extra sandbox --constraint requirements.lock --output-file requirements-sandbox.lock pyproject.toml
	@$(LOCK) --extra viz --constraint requirements.lock --output-file requirements-viz.lock pyproject.toml
	@$(LOCK) --extra airflow --extra sandbox --constraint requirements.lock \
		--output-file requirements-docker.lock pyproject.toml
	@echo 'checkov>=3.3,<4' | $(LOCK) --upgrade --output-file requirements-checkov.lock -

clean-data: ## Remove the embedded lake and warehouse
	@rm -rf data/lake data/warehouse.duckdb* data/.warehouse.duckdb*.tmp

clean: ## Remove .venv and all caches, keep the data
	@rm -rf .venv .venv.installing build dist src/*.egg-info .coverage .coverage.* htmlcov .viz \
		.import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What the targets need. These run each time; mostly they find that nothing is missing.
.venv/ready:
	@$(ENVIRONMENT) core

.venv/ready-sandbox .venv/ready-viz .venv/ready-dev:
	@$(ENVIRONMENT) $(@:.venv/ready-%=%)

# It pins what the project uses in other versions.
.venv/checkov/ready:
	@$(ENVIRONMENT) checkov
