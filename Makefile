# make demo    install what is missing, build, and run the main job on ./spool
# make test    every test
# make test-long   the same with the long form of the slow campaigns
# make lint    the formatter's opinion
# make python-test    tests of the Python package, with $SPOOL_BIN, the spool of the PATH, or the release build
# make python-lint    what ruff and mypy say of it
# make python-bench   rates of maps beside ProcessPoolExecutor and dask, in one run
# make install the program, into $(PREFIX)/bin
# make bench   speed beside xargs and the ideal cycle in C, as ratios
# make bench-claims   what claims cost 32 pilots of one slot; wants strace
# make bench-scale    what Spool costs 10, 100 and 1,000 pilots of 64 slots, in simulation
#                     CASES=--all: jobs of 1, 10 and 100 s; CASES='1000 10 2': one case
PREFIX ?= /usr/local
SWIFT ?= swift
RELEASE = .build/release
VENV = .venv
REQUIREMENTS = examples/zmumu/requirements.txt examples/online-filter/requirements.txt \
  Tests/schema/requirements.txt

.PHONY: demo test test-long lint install deps build bench bench-claims bench-scale clean
.PHONY: python-test python-lint python-bench

# Without the network there is no picture, and all the rest.
demo: deps build
	@$(MAKE) --no-print-directory $(VENV)/ready || \
	  echo "demo: pip could not install matplotlib; the demo runs without its picture" >&2
	VENV=$(VENV) scripts/demo.sh $(RELEASE)

build: deps
	$(SWIFT) build -c release --product spool
	$(SWIFT) build -c release --product frames

test: deps $(VENV)/ready lint
	$(SWIFT) build --build-tests
	SPOOL_PYTHON=$(CURDIR)/$(VENV)/bin/python $(SWIFT) test --skip-build
	$(VENV)/bin/python Tests/schema/check_schemas.py
	$(MAKE) --no-print-directory python-lint
	SPOOL_BIN=$(CURDIR)/.build/debug/spool $(MAKE) --no-print-directory python-test

test-long: export SPOOL_LONG = 1
test-long: test

lint:
	$(SWIFT) format lint --strict --recursive Sources Tests examples Package.swift

# With Swift's libraries inside, so that it runs on every node without them.
install: deps
	$(SWIFT) build -c release --product spool -Xswiftc -static-stdlib --scratch-path .build-install
	install -D -m 755 .build-install/release/spool $(DESTDIR)$(PREFIX)/bin/spool

bench: deps build
	scripts/bench.sh $(RELEASE)

bench-claims: deps build
	scripts/bench-claims.sh $(RELEASE)

bench-scale: deps
	$(SWIFT) build -c release --product scale-bench
	$(RELEASE)/scale-bench $(CASES)

deps:
	scripts/deps.sh

# What the tests of Python examples and schemas need, apart from the system's Python.
$(VENV)/ready: $(REQUIREMENTS)
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check \
	  $(REQUIREMENTS:%=-r %)
	touch $@

python-test: $(VENV)/python-ready
	cd python && $(CURDIR)/$(VENV)/bin/python -m pytest

python-lint: $(VENV)/python-ready
	cd python && $(CURDIR)/$(VENV)/bin/ruff check && $(CURDIR)/$(VENV)/bin/ruff format --check
	cd python && $(CURDIR)/$(VENV)/bin/mypy

python-bench: $(VENV)/python-ready
	$(VENV)/bin/pip install --quiet --disable-pip-version-check distributed
	cd python && $(CURDIR)/$(VENV)/bin/python bench/map.py

# The Python package itself, and what its tests and its notebook need.
$(VENV)/python-ready: python/requirements.txt python/pyproject.toml
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r python/requirements.txt -e python
	touch $@

clean:
	rm -rf .build .build-install $(VENV) demo
