# Everything works with nothing installed but Python 3.11+, pip and make.
PY ?= python3
ARGS ?=
BIN := .venv/bin
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help run manage test coverage lint bench assure lock clean

help:  ## show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

run:  ## start the clinic on http://127.0.0.1:8000 (PORT=8001 for another port), Ctrl-C stops it
	@$(PY) bootstrap.py local && exec $(BIN)/python -m crm.embedded run

manage:  ## run one command: make manage ARGS="verify_audit"
	@$(PY) bootstrap.py local && exec $(BIN)/python -m crm.embedded manage $(ARGS)

test:  ## run all tests with coverage; ARGS="-k word" runs some, without coverage
	@$(PY) bootstrap.py dev && exec $(BIN)/python -m crm.embedded test $(ARGS)

coverage:  ## print the coverage figures of the last full "make test"
	@$(PY) bootstrap.py dev && exec $(BIN)/python -m crm.embedded coverage

lint:  ## style, types, import contracts, templates, migrations, container files
	@$(PY) bootstrap.py dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit -q -r -lll privacy crm consult followup
	test ! -d templates || $(BIN)/djlint --lint --quiet templates
	test ! -d templates || find templates -name "*.html" -exec $(BIN)/djade --check --target-version 5.2 {} +
	DJANGO_SETTINGS_MODULE=crm.settings.test $(BIN)/python -W ignore manage.py makemigrations --check --dry-run
	$(BIN)/hadolint Dockerfile
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

bench:  ## build synthetic patients and measure: make bench ARGS="..."
	@$(PY) bootstrap.py bench && exec $(BIN)/python -m crm.embedded bench $(ARGS)

assure:  ## measure the security figures, report under .suian/assure: make assure ARGS="--quick"
	@$(PY) bootstrap.py dev && exec $(BIN)/python -m crm.embedded assure $(ARGS)

lock:  ## pin requirements/*.txt anew; ARGS="--upgrade" for newer versions
	@$(PY) bootstrap.py lock $(ARGS)

clean:  ## remove the environment and what tools left; the clinic's data in .suian stays
	@rm -rf .venv .tools .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage* htmlcov staticfiles
	@find . -name __pycache__ -type d -not -path './.suian/*' -prune -exec rm -rf {} +
