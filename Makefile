# make demo    install what is missing, build, and run the main job on ./spool
# make test    every test
# make lint    the formatter's opinion
# make install the program, into $(PREFIX)/bin
# make bench   speed beside xargs and the ideal cycle in C, as ratios
PREFIX ?= /usr/local
SWIFT ?= swift
RELEASE = .build/release
VENV = .venv

.PHONY: demo test lint install deps build bench clean

demo: deps build
	scripts/demo.sh $(RELEASE)

build: deps
	$(SWIFT) build -c release --product spool -Xswiftc -static-stdlib
	$(SWIFT) build -c release --product frames -Xswiftc -static-stdlib

test: deps $(VENV)/ready lint
	$(SWIFT) build --build-tests
	SPOOL_PYTHON=$(CURDIR)/$(VENV)/bin/python $(SWIFT) test --skip-build
	$(VENV)/bin/python Tests/schema/check_schemas.py

lint:
	$(SWIFT) format lint --strict --recursive Sources Tests examples Package.swift

install: build
	install -D -m 755 $(RELEASE)/spool $(DESTDIR)$(PREFIX)/bin/spool

bench: deps build
	scripts/bench.sh $(RELEASE)

deps:
	scripts/deps.sh

# What the tests of Python examples and schemas need, apart from the system's Python.
$(VENV)/ready: examples/zmumu/requirements.txt Tests/schema/requirements.txt
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check \
	  -r examples/zmumu/requirements.txt -r Tests/schema/requirements.txt
	touch $@

clean:
	rm -rf .build $(VENV) demo
