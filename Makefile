# make demo: everything for a first look.   make test: everything the tests need, then the tests; the slow ones by make test-slow.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo-desk
SOURCES := pyproject.toml constraints.txt
SPARK_TESTS := test

# Each worker takes one stretch of the tests, so that what a file shares is made once; who is done early takes from the other.
TESTS := $(BIN)/python -m pytest -n auto --dist worksteal

.PHONY: demo test test-quick test-slow ci-fresh coverage test-spark test-clickhouse reliability act-bench insight-bench predict-bench plan-bench test-postgresql screenshots lint types lock bench mutants clean

demo: $(VENV)/.demo-ready  ## build the sample desk and print its scorecard
	@test -f $(DEMO)/marts/CURRENT || (rm -rf $(DEMO) && $(BIN)/helmdesk sample $(DEMO))
	@$(BIN)/helmdesk scorecard --desk $(DEMO)
	@printf '\nWhat to try next:\n'
	@printf '  %s\n' \
		'export HELMDESK_DESK=$(DEMO) PATH="$$PWD/$(BIN):$$PATH"' \
		'helmdesk measure csat --by channel --grain month --start 2025-08-01 --end 2026-01-01' \
		'helmdesk measure backlog --grain day --start 2025-12-20 --end 2026-01-05' \
		'helmdesk drill csat --where "channel = '"'phone'"'" --start 2025-10-01 --end 2025-11-01' \
		'helmdesk metrics first_response_time' \
		'helmdesk sla --at 2025-12-29T09:00' \
		'helmdesk compare --preset zendesk' \
		'helmdesk serve        # the site, on http://127.0.0.1:8321'

test: $(VENV)/.test-ready lint  ## lint, check types, run every test but the slow ones: some minutes
	@$(MAKE) --no-print-directory -j2 types test-quick

test-quick: $(VENV)/.test-ready
	$(TESTS) -m "not slow" --durations=30

test-slow: $(VENV)/.test-ready  ## the tests that tests/slow.txt names; CI runs both
	$(TESTS) -m slow --durations=30

ci-fresh:  ## what CI runs, on the last commit alone, in a clone of its own: before handing anything in
	@fresh=$$(mktemp -d) && trap 'rm -rf "$$fresh"' EXIT && git clone --quiet "$(CURDIR)" "$$fresh/project" \
		&& if [ -d ../shared ]; then ln -s "$$(cd ../shared && pwd)" "$$fresh/shared"; fi && "$$fresh/project/.ci/run"

coverage: $(VENV)/.test-ready  ## every test, with what it covers: half as long again
	$(TESTS) --cov --cov-report=term --cov-fail-under=90

# What writes the site's database, or works beside others; pages that only show the mart know nothing of it.
DATABASE_TESTS := $(shell grep -lE "Worker|Thread|\.objects\.(create|filter|get|all|update)" tests/web/test_*.py | grep -vE "journey|differencing|openapi|planning_pages|warming|booking_numbers|matrix")

test-postgresql: $(VENV)/.test-ready  ## the site's tests of its database on a PostgreSQL server: make test-postgresql DATABASE=postgresql://user@host:port/postgres
	HELMDESK_TEST_DATABASE=$(DATABASE) $(TESTS) $(DATABASE_TESTS) -k "not hostile and not scoped"

screenshots: $(VENV)/.test-ready  ## every page at 1440 and 390 px, light and dark, into build/screenshots
	@test -f $(DEMO)/marts/CURRENT || (rm -rf $(DEMO) && $(BIN)/helmdesk sample $(DEMO))
	$(BIN)/python tests/web/screenshots.py $(DEMO) build/screenshots

lint: $(VENV)/.test-ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djlint --lint --quiet src/helmdesk/web

types: $(VENV)/.test-ready
	$(BIN)/mypy

lock: $(VENV)/.test-ready  ## write down what every metric means, after raising versions
	$(BIN)/python tests/architecture/lock.py src/helmdesk/metrics/definitions.lock

bench: $(VENV)/.test-ready  ## ratios against hand-written scripts, into benchmarks/RESULTS.md (a quarter of an hour)
	$(BIN)/python benchmarks/site_pages.py
	$(BIN)/python benchmarks/scale.py
	$(BIN)/python benchmarks/small_batches.py
	$(BIN)/python benchmarks/incident_log.py
	$(BIN)/python benchmarks/business_clock.py
	$(BIN)/python benchmarks/jobs.py
	$(BIN)/python benchmarks/routing.py

insight-bench: $(VENV)/.test-ready  ## labelled incidents, simulated worlds, planted situations: into benchmarks/INSIGHT.md (half an hour)
	$(BIN)/python benchmarks/insight.py

act-bench: $(VENV)/.test-ready  ## asking and warning, counted by their own tests in the long form: into benchmarks/ACT.md (a quarter of an hour)
	$(BIN)/python benchmarks/act.py

predict-bench: $(VENV)/.test-ready  ## verdicts on actions, predictions: into benchmarks/PREDICT.md (ten minutes)
	$(BIN)/python benchmarks/predict.py

plan-bench: $(VENV)/.test-ready  ## queues, staffing, forecasts beside pyworkforce and statsforecast: into benchmarks/PLAN.md (ten minutes)
	@test -x build/plan-peers/bin/python || $(PYTHON) -m venv build/plan-peers
	build/plan-peers/bin/python -m pip install --quiet --disable-pip-version-check pyworkforce statsforecast
	OPENBLAS_NUM_THREADS=1 $(BIN)/python benchmarks/plan.py

test-spark: $(VENV)/.spark-ready  ## every fact and metric on Spark beside DuckDB: two worker processes on this machine
	SPARK_CONF_DIR=$(CURDIR)/tests/conformance/spark HELMDESK_SPARK='local-cluster[2,1,1024]' $(BIN)/python -m pytest -q tests/conformance/test_spark.py -k "$(SPARK_TESTS)"

test-clickhouse: $(VENV)/.clickhouse-ready  ## every question on ClickHouse's engine beside DuckDB
	$(BIN)/python -m pytest -q -p no:xdist tests/conformance/test_clickhouse.py

reliability: $(VENV)/.test-ready  ## the long form of every test that has one: hundreds of kills, minutes of crowds, thousands of draws
	@rm -f build/reliability.json
	HELMDESK_RELIABILITY=long $(BIN)/python -m pytest -q -p no:cacheprovider $$(grep -l "^from effort import" -r tests --include='test_*.py') tests/web/test_load.py
	@cat build/reliability.json

mutants: $(VENV)/.test-ready  ## change every metric a little: does a golden table notice?
	$(BIN)/python tests/mutation/metrics.py

$(VENV)/bin/python:
	$(PYTHON) -c 'import sys; sys.exit("Helmdesk needs Python 3.11 or newer; name one with: make PYTHON=python3.12") if sys.version_info < (3, 11) else 0'
	$(PYTHON) -m venv $(VENV)

$(VENV)/.demo-ready: $(VENV)/bin/python $(SOURCES)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[site]'
	@touch $@

$(VENV)/.test-ready: $(VENV)/bin/python $(SOURCES)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	@touch $@ $(VENV)/.demo-ready

$(VENV)/.spark-ready: $(VENV)/.test-ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test,spark]'
	@touch $@

$(VENV)/.clickhouse-ready: $(VENV)/.test-ready
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test,clickhouse]'
	@touch $@

clean:
	rm -rf $(VENV) $(DEMO) build dist .coverage .pytest_cache .mypy_cache .ruff_cache .hypothesis
