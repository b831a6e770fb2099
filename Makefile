# Everything runs in .venv, made from the hashed lock. `make help` lists what there is.

PYTHON ?= python3
BIN := .venv/bin
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	--no-emit-index-url --no-annotate

.DEFAULT_GOAL := help
.PHONY: help run sandbox sandbox-demo test docker-test terraform-test check format dags terraform-docs aws-env viz \
	ipython bench lock clean clean-data

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: .venv/ready ## Generate a batch, load it, show what the warehouse holds
	@$(BIN)/kedro run

sandbox: .venv/ready ## Start an S3 server and a Redshift stand-in on loopback (Ctrl-C stops them)
	@$(BIN)/python -m txn_kedro.sandbox

sandbox-demo: .venv/ready ## Run it all against the sandbox: start, generate, load, show, stop
	@$(BIN)/python -m txn_kedro.sandbox -- $(BIN)/kedro run --env sandbox

test: .venv/ready .venv/checkov/ready ## Run every test that this machine can run
	@$(BIN)/pytest --numprocesses auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

docker-test: .venv/ready ## Build the image, bring the stack up, see both DAGs through, take it down
	@$(BIN)/pytest --no-cov -m docker -rs tests/docker

terraform-test: .venv/ready .venv/checkov/ready ## Validate, test and apply the Terraform stack, with no account
	@$(BIN)/pytest --no-cov -rs tests/terraform

check: .venv/ready ## Lint, format check, types, layers, Dockerfile, workflows, shell scripts
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/hadolint Dockerfile
	@$(BIN)/zizmor --quiet --offline --pedantic .github
	@$(BIN)/shellcheck .ci/run .github/scripts/*.sh terraform/modules/*/files/*.sh
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-workflows .github/workflows/*.yml

format: .venv/ready ## Format the code and mend what the linter can
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

dags: .venv/ready ## Export the pipelines to dags/ as Airflow DAGs
	@$(BIN)/kedro airflow create --pipelines generation,loading --group-by memory --target-dir dags \
		--jinja-file conf/airflow_dag.py.j2
	@$(BIN)/ruff format --quiet dags

terraform-docs: .venv/ready ## Write the tables of terraform's READMEs from the code
	@$(BIN)/python terraform/write_tables.py

aws-env: .venv/ready ## Write what `terraform apply` made to .env
	@terraform -chdir=terraform output -json | $(BIN)/python terraform/write_env.py

viz: .venv/ready ## Show the pipelines in the browser (http://127.0.0.1:4141)
	@PYTHONWARNINGS='ignore:ORJSONResponse is deprecated' $(BIN)/kedro viz run

ipython: .venv/ready ## Open IPython with the catalog at hand
	@PATH="$(CURDIR)/$(BIN):$$PATH" kedro ipython

bench: .venv/ready ## Measure the targets, as ratios within one run
	@$(BIN)/python -m benchmarks

lock: .venv/ready ## Resolve the lock files anew
	@$(LOCK) --upgrade --all-extras --output-file requirements.lock pyproject.toml
	@$(LOCK) --extra airflow --extra sandbox --constraint requirements.lock \
		--output-file requirements-docker.lock pyproject.toml
	@echo 'checkov>=3.3,<4' | $(LOCK) --upgrade --output-file requirements-checkov.lock -

clean-data: ## Remove the embedded lake and warehouse
	@rm -rf data/lake data/warehouse.duckdb* data/.warehouse.duckdb.*.tmp

clean: ## Remove the environment and all caches; keeps the data
	@rm -rf .venv build dist .coverage htmlcov .mypy_cache .pytest_cache .ruff_cache .viz
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/ready: requirements.lock requirements-uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' || { \
		echo "$(PYTHON) is no Python 3.11, 3.12 or 3.13. Name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; \
		exit 1; }
	@echo "Making .venv from requirements.lock (once, a minute or so)"
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		--requirement requirements-uv.lock
	@$(BIN)/uv pip install --quiet --require-hashes --compile-bytecode --requirement requirements.lock
	@$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

# It pins what the project uses in other versions.
.venv/checkov/ready: .venv/ready requirements-checkov.lock
	@echo "Making .venv/checkov from requirements-checkov.lock (once, half a minute or so)"
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv/checkov
	@$(BIN)/uv pip install --quiet --require-hashes --python .venv/checkov/bin/python --requirement requirements-checkov.lock
	@touch $@
