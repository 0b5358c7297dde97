# make demo    install what is missing, build, and run the main job on ./spool
# make test    every test
# make test-long   the same with the long form of the slow campaigns
# make test-slurm  spool factory with a real Slurm, all of it; test-gridengine likewise
# make lint    the formatter's opinion
# make python-test    tests of the Python package, with $SPOOL_BIN, the spool of the PATH, or the release build
# make python-lint    what ruff and mypy say of it
# make python-bench   rates of maps beside ProcessPoolExecutor and dask, in one run
# make install the program, its manual pages, completions and units, below $(PREFIX)
# make gateway    spool-gateway, the page and the interface over HTTP, into gateway/.build/release
# make screenshots    the page's views, into docs/images
# make install-gateway   that program, into $(PREFIX)/bin
# make demo-web   the demo's main job, with the page open
# make deb     a Debian package, in dist/; INOTIFY=no: without libinotifytools (see LICENSE)
# make dist    a tarball for any Linux with glibc 2.36 or later, in dist/
# make image   an OCI image, in dist/; wants podman
# make test-image  a task run by that image
# make test-deb    the package installed in bare systems of Debian 12 and 13; wants root, debootstrap
# make test-vm     units and control groups in an emulated machine of Debian 12; wants root, debootstrap, qemu
# make bench   speed beside xargs and the ideal cycle in C, as ratios
# make bench-claims   what claims cost 32 pilots of one slot; wants strace
# make bench-gateway  what 500 viewers and 1,000 requests a second cost a running task; the times of answers
#                     before a spool of a million jobs; wants wrk
# make bench-factory  the pilots of a factory over time, drawn, and what they cost; wants slurm-wlm, munge
# make bench-scale    what Spool costs 10, 100 and 1,000 pilots of 64 slots, in simulation
#                     CASES=--all: jobs of 1, 10 and 100 s; CASES='1000 10 2': one case
PREFIX ?= /usr/local
SWIFT ?= swift
RELEASE = .build/release
VENV = .venv
# Slurm is tried in its short form where it is installed.
SLURM_FORM = --short
REQUIREMENTS = examples/zmumu/requirements.txt examples/online-filter/requirements.txt \
  Tests/schema/requirements.txt gateway/Tests/http/requirements.txt gateway/Tests/browser/requirements.txt
GATEWAY = gateway/.build

INOTIFY ?= yes
# The programs for packages, with Swift's libraries inside, so that they run on nodes without them.
INSTALLED = .build-install/release/spool
PORTABLE = .build-dist/release/spool
# What the tests build: optimized, so that they take a quarter of the time, and open to @testable.
TESTED = .build-test/release/spool
TESTABLY = -c release -Xswiftc -enable-testing --scratch-path .build-test
STATIC = $(SWIFT) build -c release --product spool -Xswiftc -static-stdlib
# The C++ library is inside as well: a directory that holds nothing but its archive is searched first.
PORTABLY = $(STATIC) --scratch-path .build-dist --disable-default-traits \
  -Xlinker -L$(CURDIR)/.build-dist/archives -Xswiftc -Xclang-linker -Xswiftc -static-libgcc

.PHONY: demo demo-web gateway gateway-files test test-long test-gateway test-slurm test-gridengine \
  test-htcondor test-deb test-vm test-image screenshots lint install install-gateway deps build tested \
  static portable deb dist image bench bench-claims bench-factory bench-gateway bench-scale \
  python-test python-lint python-bench clean

# Without the network there is no picture, and all the rest.
demo: deps build
	@$(MAKE) --no-print-directory $(VENV)/ready || \
	  echo "demo: pip could not install matplotlib; the demo runs without its picture" >&2
	VENV=$(VENV) scripts/demo.sh $(RELEASE)

build: deps
	$(SWIFT) build -c release --product spool
	$(SWIFT) build -c release --product frames

test: deps $(VENV)/ready lint
	$(SWIFT) build $(TESTABLY) --build-tests
	SPOOL_PYTHON=$(CURDIR)/$(VENV)/bin/python $(SWIFT) test $(TESTABLY) --skip-build
	SPOOL_BINARY=$(TESTED) $(VENV)/bin/python Tests/schema/check_schemas.py
	$(MAKE) --no-print-directory python-lint
	SPOOL_BIN=$(CURDIR)/$(TESTED) $(MAKE) --no-print-directory python-test
	Tests/batch/slurm.sh $(SLURM_FORM) $(TESTED)
	@$(MAKE) --no-print-directory test-gateway

gateway: deps gateway-files
	$(SWIFT) build --package-path gateway -c release --product spool-gateway
	@echo "gateway: $(GATEWAY)/release/spool-gateway"

# The program that tests run.
tested: deps
	$(SWIFT) build $(TESTABLY) --product spool

gateway-files:
	python3 scripts/gateway-files.py

# Its own tests, then the interface from outside: documented examples, random requests, metrics.
test-gateway: $(VENV)/ready gateway-files tested
	scripts/deps.sh test
	$(SWIFT) build --build-tests --package-path gateway
	SPOOL_BINARY=$(CURDIR)/$(TESTED) $(SWIFT) test --skip-build --package-path gateway
	$(VENV)/bin/python gateway/Tests/http/run.py \
	  $(TESTED) $(GATEWAY)/debug/spool-gateway
	SPOOL_GATEWAY=$(CURDIR)/$(GATEWAY)/debug/spool-gateway SPOOL_BIN=$(CURDIR)/$(TESTED) \
	  $(VENV)/bin/python -m pytest -q -p no:cacheprovider gateway/Tests/browser

# The page's views, drawn from made data.
screenshots: $(VENV)/ready
	scripts/deps.sh test
	$(VENV)/bin/python gateway/Tests/browser/screenshots.py

install-gateway: gateway
	install -D -m 755 $(GATEWAY)/release/spool-gateway $(DESTDIR)$(PREFIX)/bin/spool-gateway

demo-web: build gateway
	VENV=$(VENV) WEB=1 scripts/demo.sh $(RELEASE) 600

test-long: export SPOOL_LONG = 1
test-long: SLURM_FORM =
test-long: test test-gridengine test-htcondor

test-slurm: export SPOOL_BATCH = 1
test-slurm: tested
	Tests/batch/slurm.sh $(TESTED)

test-gridengine: export SPOOL_BATCH = 1
test-gridengine: tested
	Tests/batch/gridengine.sh $(TESTED)

# HTCondor's own parser, which pip brings.
test-htcondor: tested
	python3 -m venv $(VENV)-htcondor
	$(VENV)-htcondor/bin/pip install --quiet --disable-pip-version-check -r Tests/batch/requirements.txt
	$(VENV)-htcondor/bin/python Tests/batch/htcondor.py $(TESTED)

lint:
	$(SWIFT) format lint --strict --recursive Sources Tests examples Package.swift \
	  gateway/Sources gateway/Tests gateway/Package.swift

static: deps
ifeq ($(INOTIFY),no)
	$(STATIC) --scratch-path .build-install --disable-default-traits
else
	$(STATIC) --scratch-path .build-install
endif

portable: deps
	mkdir -p .build-dist/archives
	ln -sf "$$(cc -print-file-name=libstdc++.a)" .build-dist/archives/
	$(PORTABLY)

install: static
	packaging/stage.sh $(INSTALLED) "$(DESTDIR)" $(PREFIX)

deb: static
	packaging/deb.sh $(INSTALLED) dist

dist: portable
	packaging/dist.sh $(PORTABLE) dist

image: portable
	packaging/image.sh $(PORTABLE) dist

test-deb: deb
	Tests/packages/test-deb.sh "$$(ls -t dist/spool_*.deb | head -1)" bookworm trixie

test-vm: deb
	Tests/packages/test-vm.sh "$$(ls -t dist/spool_*.deb | head -1)"

test-image: image
	Tests/packages/test-image.sh

bench-gateway: build gateway $(VENV)/ready
	$(VENV)/bin/python gateway/Tests/http/load.py $(RELEASE)/spool $(GATEWAY)/release/spool-gateway
	$(VENV)/bin/python gateway/Tests/http/big.py $(RELEASE)/spool $(GATEWAY)/release/spool-gateway

bench-factory: build $(VENV)/ready
	PYTHON=$(VENV)/bin/python Tests/batch/slurm-over-time.sh $(RELEASE)/spool docs/images/factory-slurm.png

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
	rm -rf .build gateway/.build .build-install .build-dist $(VENV) $(VENV)-htcondor demo dist
