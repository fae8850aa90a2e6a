# Everything a person types. Needs Python 3.11 or newer and make; the rest is set up by tools/set_up.py on first use.

# The first Python on PATH that is new enough.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
ENV := .venv/bin
WORKERS ?= 2

.PHONY: help run test check bench chaos format

help:
	@echo "make run     set up, load the demo, serve on http://127.0.0.1:8000"
	@echo "make test    every test, on both databases and in a real browser"
	@echo "make check   format, lint, types, import contracts, templates, diagrams, coverage page, migrations"
	@echo "make bench   benchmarks, one JSON object a line"
	@echo "make chaos   the fault tests at full length"
	@echo "make format  put code and templates into their format"

# An empty database gets the demo organisation; `LANEWAY_DEMO=0 make run` starts without.
run: set-up-run
	@LANEWAY_DEMO=$${LANEWAY_DEMO:-1} exec $(ENV)/python run.py

test: set-up-test
	@$(ENV)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

check: set-up-check
	$(ENV)/ruff format --check .
	$(ENV)/ruff check .
	$(ENV)/mypy
	$(ENV)/lint-imports
	$(ENV)/djlint app/web --check --quiet
	$(ENV)/djlint app/web --lint --quiet
	$(ENV)/laneway check processes/
	$(ENV)/python -m tools.coverage --check
	$(ENV)/python -m pytest -q tests/house/test_migrations.py

bench: set-up-bench
	@$(ENV)/python -m bench $(ARGS)

chaos: set-up-bench
	@LANEWAY_CHAOS=full $(ENV)/python -m pytest tests/chaos -v $(ARGS)

format: set-up-check
	$(ENV)/ruff format .
	$(ENV)/ruff check --fix .
	$(ENV)/djlint app/web --reformat --quiet

.PHONY: set-up-run set-up-test set-up-check set-up-bench
set-up-run set-up-test set-up-check set-up-bench: set-up-%:
	@test -n "$(PYTHON)" || { echo "Laneway needs Python 3.11 or newer on PATH." >&2; exit 1; }
	@$(PYTHON) -m tools.set_up $* >&2
