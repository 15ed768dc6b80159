# The book and its code. `make help` lists the targets.
.DEFAULT_GOAL := all
STEPS := $(sort $(wildcard step[0-9][0-9]-*))
LAST  := $(lastword $(STEPS))

ifneq ($(OS),Windows_NT)
export WINEPREFIX = $(CURDIR)/build/wine
export WINEDEBUG = -all
export WINEDLLOVERRIDES = mscoree=;mshtml=;winemenubuilder.exe=
WINE_READY = $(WINEPREFIX)/ready
endif

# $(call need,TOOL,PACKAGE): a recipe line that stops if the tool is missing.
need = command -v $1 >/dev/null || { echo "$1 is missing: sudo apt-get install $2" >&2; exit 1; }

all: $(STEPS)
.PHONY: all $(STEPS)
$(STEPS):
	@$(MAKE) -s -C $@
need-prove:
	@$(call need,prove,perl)
.PHONY: need-prove

$(WINEPREFIX)/ready:
	@$(call need,wine,wine)
	@echo 'Making a Wine prefix, once: this takes a quarter of a minute.'
	@mkdir -p $(@D) && wineboot --init >/dev/null 2>&1 && touch $@

include tests/tests.mk
