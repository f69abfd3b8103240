# `make` alone lists what can be typed. Everything runs in the project's own virtual environment, which is made the
# first time and found again afterwards (tools/environment.sh).

# What the drills' box needs from Debian: a hypervisor, and what its guests are made of (src/tenmatsu/drill/).
BOX_PACKAGES := qemu-system-x86 qemu-utils seabios ipxe-qemu \
    libvirt-daemon libvirt-daemon-system libvirt-clients libvirt-daemon-driver-qemu libvirt-daemon-driver-lxc \
    busybox-static dropbear-bin dnsmasq-base perl-base iproute2 openssh-client util-linux

# What tests/live/ needs from Debian. Only programs: no service is started (tools/packages.sh sees to it).
LIVE_PACKAGES := apache2-bin perl libdbi-perl libdbd-sqlite3-perl media-types iproute2 procps \
    openssh-client openssh-server sudo mawk gawk tcsh fish \
    wordpress wordpress-theme-twentytwentythree php-cgi php-cli php-mysql php-xml \
    mariadb-server-core mariadb-client-core golang-go golang-github-vmware-govmomi-dev $(BOX_PACKAGES)

# What bench/capture.py compares us with, and what makes its storms. No service of atop's is started.
BENCH_PACKAGES := gcc libc6-dev procps atop forkstat libbpf-tools bpftrace

# What bench/requests.py compares us with.
REQUESTS_PACKAGES := goaccess util-linux

# What bench/site.py asks: a simulated vCenter.
SITE_PACKAGES := golang-go golang-github-vmware-govmomi-dev

# Where this folder cannot be written, all that is made goes into the user's own cache.
PLACE := $(shell if [ -w . ]; then echo .; \
    else echo "$${XDG_CACHE_HOME:-$$HOME/.cache}/tenmatsu/$$(pwd | cksum | cut -d' ' -f1)"; fi)
VENV ?= $(PLACE)/.venv
BIN := $(VENV)/bin

# Caches are each user's own: root's must not stand in the way of anybody else's.
CACHE := $(PLACE)/.cache-$(shell id -u)
export RUFF_CACHE_DIR := $(CACHE)/ruff
export MYPY_CACHE_DIR := $(CACHE)/mypy
export HYPOTHESIS_STORAGE_DIRECTORY := $(CACHE)/hypothesis
PYTEST = "$(BIN)/python" -m pytest -o cache_dir="$(CACHE)/pytest"

# Only what is locked is imported.
unexport PYTHONPATH PYTHONHOME

.NOTPARALLEL:
.PHONY: help run test check bench bench-capture bench-detection bench-remote bench-requests bench-site lock live-setup environment tools clean

help: ## list what can be typed (this)
	@sed -n 's/^\([a-z-]*\):[^#]*## /\1\t/p' Makefile | while IFS="$$(printf '\t')" read -r name what; do \
	    printf '  make %-16s %s\n' "$$name" "$$what"; done

run: environment ## investigate this machine; more words: make run ARGS="--for 60s --url URL"
	@# 1 (a cause was found) and 3 (not enough seen) are answers, not errors of make's.
	@"$(BIN)/python" -m tenmatsu investigate $(ARGS); code=$$?; case $$code in 0|1|3) ;; *) exit $$code ;; esac

test: check ## all checks, then all tests; as root the live ones too (installs what they need)
	$(PYTEST) --ignore=tests/live --ignore=tests/probe --numprocesses=auto --dist=loadfile
	$(PYTEST) tests/probe  # the kernel's accounting is one for all: these take turns
	@. ./tools/words.sh; sh tools/packages.sh $(LIVE_PACKAGES) \
	    || say "Without them the tests in tests/live/ are skipped." "これがない間、tests/live/ のテストは飛ばします。"; \
	[ "$$(id -u)" = 0 ] || say "The tests in tests/live/ need root and are skipped. With them:  $$(as_root "make -C $$PWD test")" \
	    "tests/live/ のテストには root 権限が要るため飛ばします。含めるには:  $$(as_root "make -C $$PWD test")"
	$(PYTEST) tests/live

check: tools ## the one gate: format, lint, types, arrows between packages, docs
	"$(BIN)/ruff" format --check
	"$(BIN)/ruff" check
	"$(BIN)/mypy"
	"$(BIN)/lint-imports" --no-logo --cache-dir "$(CACHE)/import-linter"
	$(PYTEST) --quiet tests/test_docs.py

bench: environment ## measure what an investigation costs, against the limits
	@"$(BIN)/python" bench/investigate.py $(ARGS)

bench-capture: environment ## how completely short-lived processes are seen, and at what cost, beside other tools (as root)
	@. ./tools/words.sh; sh tools/packages.sh $(BENCH_PACKAGES) \
	    || say "What is missing is left out." "足りないものは除いて測ります。"
	@"$(BIN)/python" -m bench.capture $(ARGS)

bench-detection: environment ## how soon a rise in failures is seen and its end proven, beside the optimum (simulated)
	@"$(BIN)/python" -m bench.detection $(ARGS)

bench-requests: environment ## what reading 5 million access-log lines costs, beside GoAccess (1.3 GB in the temporary folder)
	@. ./tools/words.sh; sh tools/packages.sh $(REQUESTS_PACKAGES) \
	    || say "What is missing is left out." "足りないものは除いて測ります。"
	@"$(BIN)/python" -m bench.requests $(ARGS)

bench-site: environment ## what a full view of a vCenter of 1,000 guests costs, beside one object at a time (simulated)
	@. ./tools/words.sh; sh tools/packages.sh $(SITE_PACKAGES) \
	    || say "Without them nothing can be measured." "これがないと測れません。"
	@"$(BIN)/python" -m bench.site $(ARGS)

bench-remote: environment ## what looking at another machine over SSH costs, there and here (as root)
	@. ./tools/words.sh; sh tools/packages.sh iproute2 openssh-client openssh-server sudo mawk \
	    || say "What is missing is said." "足りないものは表示します。"
	@"$(BIN)/python" -m bench.remote $(ARGS)

live-setup: ## install the Debian packages that the live tests need (as root)
	@sh tools/packages.sh $(LIVE_PACKAGES)

lock: tools ## write requirements/*.txt anew from pyproject.toml; newer versions: make lock ARGS=--upgrade
	$(COMPILE) --output-file requirements/run.txt pyproject.toml
	$(COMPILE) --extra dev --constraint requirements/run.txt --output-file requirements/dev.txt pyproject.toml

# Hashes of every file of a version, so that the lock holds for each Python and machine; what builds the project
# is locked too. No option of the maker's own pip set-up may come along.
COMPILE = CUSTOM_COMPILE_COMMAND="make lock" "$(BIN)/pip-compile" --quiet --generate-hashes --allow-unsafe \
    --strip-extras --all-build-deps --no-emit-options --no-emit-index-url --no-emit-find-links $(ARGS)

environment:
	@sh tools/environment.sh run "$(VENV)"

tools:
	@sh tools/environment.sh dev "$(VENV)"

clean: ## remove the environment and the caches
	rm -rf "$(VENV)" "$(PLACE)"/.cache-* build dist
	find src tests bench -name __pycache__ -type d -exec rm -rf {} +
