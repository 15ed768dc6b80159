# Builds and runs the tests. A test is one file:
#
#   tests/c/NAME.c   a program that prints TAP (see tap.h), linked with a step's
#                    objects, all but main.o. Its first lines may hold
#                      // steps: 03+           (or 02, 02-04; else every step)
#                      // wrap: WSARecv calloc (calls the linker redirects)
#                      // libs: -lpsapi
#                      // guard: yes           (linked with chapters/tools/guard, the
#                                              step compiled for it)
#   tests/sh/NAME.t  a POSIX shell script that prints TAP, run from the top
#
# make test TESTS='lifetimes abi' runs only those. A program runs on the first step it
# is for, whose layer it tries, and on the last; make test EVERY=1 has every test on
# every step it is for. make test BITS=32 runs what there is to run in a 32-bit
# program: tests/c, and the scripts that say "# bits: 32" at their head.

BITS        ?= 64
CROSS       ?= x86_64-w64-mingw32
EVERY       ?=
TEST_CFLAGS  = -std=c11 -O2 -g -Wall -Wextra -Werror $(SANITIZE)
TEST_STEPS  := $(sort $(wildcard step[0-9][0-9]-*))
TEST_SOURCES = $(wildcard tests/c/*.c)

TEST_CC      = $(CROSS)-gcc

ifeq ($(BITS),32)
TEST_BUILD = build/tests32
STEP_BUILD = build32
STEP_ARGS  = BUILD=$(STEP_BUILD) CC=$(TEST_CC)
else
TEST_BUILD = build/tests
STEP_BUILD = build
endif
ifeq ($(OS),Windows_NT)
TEST_CC = gcc
endif
# For the scripts: which compiler, where to, where a step's program is.
export TEST_CC TEST_BUILD STEP_BUILD EVERY
# How long a test may take: some try every step, or the whole book, with EVERY=1.
export TEST_SECONDS ?= $(if $(EVERY),900,300)

$(TEST_BUILD)/guard.o: $(wildcard chapters/tools/guard/*.[ch]) chapters/tools/intercept.c chapters/tools/intercept.h
	@mkdir -p $(@D)
	@$(TEST_CC) -std=c11 -O2 -g -Wall -Wextra -Werror $(GUARD_OWN) -c chapters/tools/guard/guard.c -o $@

# Which test goes with which step, and how each is built, as make rules.
$(TEST_BUILD)/rules.mk: tests/rules.sh tests/wrap.sh tests/tests.mk $(TEST_SOURCES) $(wildcard $(TEST_STEPS:=/*.[ch]))
	@mkdir -p $(@D)
	@sh tests/rules.sh $(TEST_CC) $(TEST_SOURCES) >$@
-include $(TEST_BUILD)/rules.mk

# Without the exercises' wrong answers, which take a minute: make test-exercises.
TEST_SCRIPTS = $(filter-out tests/sh/exercises-wrong.t,$(wildcard tests/sh/*.t tests/book/*.t))
ifeq ($(BITS),32)
TEST_SCRIPTS := $(shell grep -l '^\# bits: 32' $(TEST_SCRIPTS))
endif
RUN_PROGRAMS = $(if $(EVERY),$(TEST_PROGRAMS),$(CORE_PROGRAMS))
RUN_SCRIPTS  = $(TEST_SCRIPTS)
ifdef TESTS
RUN_PROGRAMS := $(foreach t,$(TESTS),$(filter %/$t.exe,$(RUN_PROGRAMS)))
RUN_SCRIPTS  := $(foreach t,$(TESTS),$(filter %/$t.t,$(RUN_SCRIPTS)))
endif

.PHONY: test test-programs mutants fuzz test-fresh test-browser lint
test: all $(RUN_PROGRAMS) $(WINE_READY) ## prove the steps and the book right (EVERY=1: each test on every step; BITS=32)
	@sh tests/with-wine sh tests/twice $(RUN_SCRIPTS) $(RUN_PROGRAMS)

# The programs alone: what lint runs a second time, with traps.
test-programs: $(RUN_PROGRAMS) $(WINE_READY)
	@sh tests/with-wine sh tests/twice $(RUN_PROGRAMS)

mutants: ## break each promise on purpose: does a test notice? (minutes)
	@sh tests/mutants

# Natively: what the server makes of a client's bytes needs nothing of Windows, nor a char with a sign.
FUZZED = request http_time path answer
SECONDS ?= 60
$(TEST_BUILD)/fuzz-request: tests/fuzz/request.c $(wildcard $(SERVER)/*.[ch])
	@command -v clang >/dev/null || { echo 'clang is missing: sudo apt-get install clang' >&2; exit 1; }
	@mkdir -p $(@D)
	@clang -std=c11 -funsigned-char -O1 -g -Wall -Wextra -Werror -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all \
	  -I$(SERVER) $< $(FUZZED:%=$(SERVER)/%.c) -o $@
fuzz: $(TEST_BUILD)/fuzz-request ## throw bytes at the server's parser, natively (SECONDS=60; needs clang)
	@mkdir -p build/fuzz
	@$< -max_total_time=$(SECONDS) -max_len=9000 -timeout=5 -dict=tests/fuzz/request.dict -print_final_stats=1 \
	  -artifact_prefix=build/fuzz/ build/fuzz tests/fuzz/corpus 2>build/fuzz.log; status=$$?; \
	  if [ $$status = 0 ]; then sed -n 's/^stat::number_of_executed_units: */runs without a find: /p' build/fuzz.log; \
	  else tail -n 40 build/fuzz.log; fi; exit $$status

test-fresh: ## as root: the README's commands on a bare Debian (RELEASE=trixie; both without)
	@RELEASE='$(RELEASE)' sh tests/fresh

test-browser: book ## the pages in headless Chromium (needs chromium, node and npm)
	@sh tests/browser/run

lint: steps ## static analysis, undefined behaviour, formatting
	@sh tests/lint
