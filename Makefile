# The book and its code. `make help` lists the targets.
.DEFAULT_GOAL := all
STEPS := $(sort $(wildcard step[0-9][0-9]-*))
LAST  := $(lastword $(STEPS))
# The last one that speaks HTTP.
CLIENT := $(patsubst %/http.c,%,$(lastword $(sort $(wildcard step*/http.c))))
# And the one that answers.
SERVER := $(patsubst %/answer.c,%,$(lastword $(sort $(wildcard step*/answer.c))))

# Programs of 64 bits, or with make BITS=32 of 32, beside the others.
BITS ?= 64
ifeq ($(filter 32 64,$(BITS)),)
$(error BITS is 32 or 64, not $(BITS))
endif
CROSS = $(if $(filter 32,$(BITS)),i686,x86_64)-w64-mingw32

# Names and messages as these Makefiles, Wine and the tests expect them, whatever the
# reader's language: Wine can't open a folder named in letters that its locale lacks.
export LC_ALL = C.UTF-8

# The Windows programs run under Wine, in a prefix of their own; on Windows itself as they are.
ifneq ($(OS),Windows_NT)
export WINEPREFIX = $(CURDIR)/build/wine
export WINEDEBUG = -all
export WINEDLLOVERRIDES = mscoree=;mshtml=;winemenubuilder.exe=
WINE_READY = $(subst $(CURDIR)/,,$(WINEPREFIX))/ready$(BITS:64=)
endif

# What would fail halfway, in a tool's own words, is said at once, in one line: made by
# somebody else (tests/whose), or a tool that isn't there.
GOALS := $(filter-out help,$(or $(MAKECMDGOALS),all))
other  = $(filter-out $1,$(GOALS))
need   = $(if $(shell command -v $1),,$(error $1 is missing: $(if $(filter Windows_NT,$(OS)),pacman -S,sudo apt-get install) $2))
ifneq ($(GOALS),)
theirs := $(shell sh tests/whose)
$(if $(theirs),$(error $(theirs)))
endif
NO_AWK  = clean book-clean
NO_GCC  = $(NO_AWK) exercises start hint solution book watch-book pdf lint-book test-browser screenshot
NO_WINE = $(NO_GCC) steps step% figures check-figures
ifneq ($(call other,$(NO_AWK)),)
$(call need,awk,$(if $(filter Windows_NT,$(OS)),gawk,mawk))
$(call need,cmp,diffutils)
$(call need,diff,diffutils)
$(call need,patch,patch)
$(call need,mktemp,coreutils)
endif
ifneq ($(OS),Windows_NT)
$(if $(call other,$(NO_GCC)),$(call need,$(CROSS)-gcc,mingw-w64))
$(if $(call other,$(NO_WINE)),$(call need,wine,wine))
$(if $(filter all test,$(GOALS)),$(call need,busybox,busybox))
else
$(if $(call other,$(NO_GCC)),$(call need,gcc,mingw-w64-ucrt-x86_64-gcc))
endif
$(if $(filter all serve test book watch-book book-outputs pdf lint-book test-browser screenshot,$(GOALS)),$(call need,pandoc,pandoc))
ifneq ($(filter test%,$(GOALS)),)
$(call need,prove,perl)
endif

all: build/fetched$(BITS:64=) $(if $(wildcard chapters/*/chapter.md),book) ## build every step, run the last one, render the book
	@echo 'Made: $(words $(STEPS)) steps in step*/$(STEP_BUILD)$(if $(wildcard chapters/*/chapter.md),$(comma) the book in book/out: html/index.html$(comma) iocp.html$(comma) iocp.epub).'
	@cat $<
	@echo 'Next: open book/out/html/index.html; make -C step01-ffi run; make test; make help'
comma := ,

help: ## list the targets
	@sed -nE 's/^([a-z][a-z-]*):.*## (.*)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

steps: $(STEPS) ## build every step
$(STEPS):
	@$(MAKE) -sq -C $@ $(STEP_ARGS) || { echo 'building $@'; $(MAKE) -s -C $@ $(STEP_ARGS); }

run: steps $(WINE_READY) ## run the last step's demonstration (or ARGS='http://...')
	@$(MAKE) -s -C $(LAST) run $(STEP_ARGS)

serve: book $(SERVER) $(WINE_READY) ## read the book from the last step's web server (PORT=8080); Ctrl+C ends it
	@$(if $(WINE_READY),wine) $(SERVER)/$(STEP_BUILD)/httpd.exe -p "$${PORT:-8080}" book/out/html

# Real input: files of this repository, served by a web server that we did not write.
build/fetched$(BITS:64=): tests/fetch-real.sh $(wildcard $(CLIENT)/*.[ch]) | $(STEPS) $(WINE_READY)
	@sh tests/fetch-real.sh $(CLIENT) >$@.new && mv $@.new $@

build/wine/ready:
	@echo 'Making a Wine prefix, once: this takes a quarter of a minute.'
	@mkdir -p $(@D) && wineboot --init >$(@D)/said 2>&1 && [ -d $(@D)/drive_c/windows/syswow64 ] && touch $@ || { \
	  sed 's/^/    /' $(@D)/said; \
	  echo "Wine made no 64-bit prefix in build/wine: is the package wine64 installed? To see more: make clean, then make WINEDEBUG=" >&2; exit 1; }

# A prefix from before wine32 was installed lacks its half, until it is updated.
build/wine/ready32: build/wine/ready
	@yes() { wine 'C:\windows\syswow64\cmd.exe' /c 'echo yes' 2>/dev/null | grep -q yes; }; \
	  yes || { wineboot --update >/dev/null 2>&1; yes; } && touch $@ || { \
	  echo 'Wine has no 32-bit half here: sudo dpkg --add-architecture i386 && sudo apt-get update && sudo apt-get install wine32:i386' >&2; exit 1; }

clean: ## remove everything that was made
	@for step in $(STEPS); do $(MAKE) -s -C $$step clean; done
	rm -rf step[0-9][0-9]-*/build32 build book/out tests/browser/node_modules

.PHONY: all help steps $(STEPS) run serve clean

include tests/tests.mk
include $(wildcard tests/claims.mk book/book.mk chapters/chapters.mk chapters/exercises.mk chapters/tools/tools.mk)
