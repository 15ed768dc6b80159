# The book and its code. `make help` lists the targets.
.DEFAULT_GOAL := all
STEPS := $(sort $(wildcard step[0-9][0-9]-*))
LAST  := $(lastword $(STEPS))

# The Windows programs run under Wine, in a prefix of their own; on Windows itself as they are.
ifneq ($(OS),Windows_NT)
export WINEPREFIX = $(CURDIR)/build/wine
export WINEDEBUG = -all
export WINEDLLOVERRIDES = mscoree=;mshtml=;winemenubuilder.exe=
WINE_READY = $(subst $(CURDIR)/,,$(WINEPREFIX))/ready
endif

# A tool that is missing is said at once, before anything is built.
need = $(if $(shell command -v $1),,$(error $1 is missing: sudo apt-get install $2))
GOALS := $(filter-out help clean,$(or $(MAKECMDGOALS),all))
ifneq ($(GOALS),)
ifneq ($(OS),Windows_NT)
$(call need,x86_64-w64-mingw32-gcc,mingw-w64)
$(call need,wine,wine)
$(call need,busybox,busybox)
endif
$(call need,pandoc,pandoc)
$(call need,diff,diffutils)
endif
ifneq ($(filter test%,$(GOALS)),)
$(call need,prove,perl)
endif

all: build/fetched $(if $(wildcard chapters/*/chapter.md),book) ## build every step, run the last one, render the book
	@echo 'Made: $(words $(STEPS)) steps in step*/build$(if $(wildcard chapters/*/chapter.md),$(comma) the book in book/out: html/index.html$(comma) iocp.html$(comma) iocp.epub).'
	@cat build/fetched
	@echo 'Next: open book/out/html/index.html; make -C step01-ffi run; make test; make help'
comma := ,

help: ## list the targets
	@sed -nE 's/^([a-z][a-z-]*):.*## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

steps: $(STEPS) ## build every step
$(STEPS):
	@$(MAKE) -sq -C $@ || { echo 'building $@'; $(MAKE) -s -C $@; }

run: steps $(WINE_READY) ## run the last step's demonstration (or ARGS='http://...')
	@$(MAKE) -s -C $(LAST) run ARGS='$(ARGS)'

# Real input: files of this repository, served by a web server that we did not write.
build/fetched: tests/fetch-real.sh $(wildcard $(LAST)/*.[ch]) | $(STEPS) $(WINE_READY)
	@sh tests/fetch-real.sh $(LAST) >$@.new && mv $@.new $@

$(WINE_READY):
	@echo 'Making a Wine prefix, once: this takes a quarter of a minute.'
	@mkdir -p $(@D) && wineboot --init >/dev/null 2>&1 && touch $@

clean: ## remove everything that was made
	@for step in $(STEPS); do $(MAKE) -s -C $$step clean; done
	rm -rf build book/out tests/browser/node_modules

.PHONY: all help steps $(STEPS) run clean

include tests/tests.mk
include $(wildcard tests/claims.mk book/book.mk chapters/chapters.mk chapters/exercises.mk chapters/tools/tools.mk)
