# make demo    install what is missing, build, and run the main job on ./spool
# make test    every test
# make test-long   the same with the long form of the slow campaigns
# make lint    the formatter's opinion
# make install the program, its manual pages, completions and units, below $(PREFIX)
# make deb     a Debian package, in dist/; INOTIFY=no: without libinotifytools (see LICENSE)
# make dist    a tarball for any Linux with glibc 2.36 or later, in dist/
# make image   an OCI image, in dist/; wants podman
# make test-image  a task run by that image
# make test-deb    the package installed in bare systems of Debian 12 and 13; wants root, debootstrap
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

INOTIFY ?= yes
# The programs for packages, with Swift's libraries inside, so that they run on nodes without them.
INSTALLED = .build-install/release/spool
PORTABLE = .build-dist/release/spool
STATIC = $(SWIFT) build -c release --product spool -Xswiftc -static-stdlib
# The C++ library is inside as well: a directory that holds nothing but its archive is searched first.
PORTABLY = $(STATIC) --scratch-path .build-dist --disable-default-traits \
  -Xlinker -L$(CURDIR)/.build-dist/archives -Xswiftc -Xclang-linker -Xswiftc -static-libgcc

.PHONY: deb dist image test-deb test-image static portable
.PHONY: demo test test-long lint install deps build bench bench-claims bench-scale clean

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

test-long: export SPOOL_LONG = 1
test-long: test

lint:
	$(SWIFT) format lint --strict --recursive Sources Tests examples Package.swift

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

test-image: image
	Tests/packages/test-image.sh

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

clean:
	rm -rf .build .build-install .build-dist $(VENV) demo dist
