# Renders the book. Included by the top-level Makefile, or by itself from the top:
#   make -f book/book.mk book
# chapters/NN-name/chapter.md -> build/book/NN-name.json, checked and with its panels
# -> a page of book/out/html; all of them together -> book/out/iocp.html and iocp.epub.

PANDOC ?= pandoc
DRAFT  ?=

BOOK_TMP   := build/book
BOOK_SITE  := book/out/html
BOOK_NAMES := $(notdir $(patsubst %/chapter.md,%,$(sort $(wildcard chapters/[0-9][0-9]-*/chapter.md))))
BOOK_STEPS := $(sort $(wildcard step[0-9][0-9]-*))

# What of a step belongs to the book; anything else in its folder is no source.
book_sources  = $(sort $(wildcard $(foreach s,$1,$(addprefix $s/,Makefile *.h *.c))))
BOOK_CLAIMS  := $(sort $(wildcard tests/claims/*.c))
BOOK_RECORDS := $(sort $(wildcard tests/claims/wine-*.txt))
BOOK_PRINTED := $(wildcard chapters/*/faults.out)
# The original's faults: the chapters link to them.
BOOK_FAULTS  := $(sort $(wildcard tests/faults/*.c))
BOOK_TASKS   := $(sort $(wildcard chapters/*/exercises/*/task.md))
BOOK_SOURCES := $(foreach s,$(BOOK_STEPS),$(call book_sources,$s)) $(BOOK_CLAIMS) $(BOOK_FAULTS)

BOOK_JSON  := $(BOOK_NAMES:%=$(BOOK_TMP)/%.json)
BOOK_PAGES := $(BOOK_SITE)/style.css $(BOOK_SITE)/page.js $(BOOK_SITE)/index.html $(BOOK_NAMES:%=$(BOOK_SITE)/%.html) \
              $(BOOK_STEPS:%=$(BOOK_SITE)/%/index.html) $(BOOK_SOURCES:%=$(BOOK_SITE)/%.html) $(BOOK_SITE)/search-index.js

.PHONY: book book-site book-made watch-book book-outputs pdf screenshot lint-book book-clean book-inputs-differ
# On all processors, unless make was told how many jobs to run: then that holds.
BOOK_JOBS = $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc 2>/dev/null || echo 2) -O)
book: ## render the book into book/out
	@$(MAKE) -s -f book/book.mk $(BOOK_JOBS) book-made
book-made: book-site $(BOOK_TMP)/claims book/out/iocp.html book/out/iocp.epub
book-site: $(BOOK_PAGES)

watch-book: ## while writing: make the pages again whenever their text changes (Ctrl+C ends it)
	@MAKE='$(MAKE)' JOBS='$(BOOK_JOBS)' sh book/watch.sh

# A file that comes or goes changes what the pages link to, and DRAFT=1 what
# they may lack: after that, everything is made anew.
BOOK_INPUTS := $(strip $(BOOK_NAMES) $(BOOK_STEPS) $(BOOK_SOURCES) $(BOOK_TASKS) $(DRAFT:%=draft))
ifneq ($(strip $(file <$(BOOK_TMP)/inputs)),$(BOOK_INPUTS))
$(BOOK_TMP)/inputs: book-inputs-differ
endif
$(BOOK_TMP)/inputs:
	@command -v $(PANDOC) >/dev/null || { echo '$(PANDOC) is missing: sudo apt-get install pandoc' >&2; exit 1; }
	@command -v diff >/dev/null || { echo 'diff is missing: sudo apt-get install diffutils' >&2; exit 1; }
	@rm -rf $(BOOK_SITE) $(BOOK_TMP)/*.json $(BOOK_TMP)/*.panels
	@mkdir -p $(@D)
	@echo '$(BOOK_INPUTS)' >$@

# $(call book_lines,step): its sources, highlighted
book_lines = $(patsubst %,$(BOOK_TMP)/lines/%,$(call book_sources,$1))
BOOK_LINES = $(BOOK_SOURCES:%=$(BOOK_TMP)/lines/%)

define book_folder  # $1: a folder, $2: its sources, $3: the lists of panels up to this step
$(2:%=$(BOOK_TMP)/lines/%) &: book/highlight.lua book/panel.lua book/diff.lua $(BOOK_TMP)/inputs $2
	@mkdir -p $(BOOK_TMP)/lines/$1
	@$(PANDOC) -f markdown -t plain -o /dev/null -L book/highlight.lua -M files='$2' </dev/null

$(2:%=$(BOOK_SITE)/%.html) &: $(2:%=$(BOOK_TMP)/lines/%) $3 book/pages.awk book/source.lua book/evidence.lua $(BOOK_LUA) $(BOOK_PAGE_NEEDS)
	@echo '  code $1'
	@mkdir -p $(BOOK_SITE)/$1
	@$(BOOK_PAGE) -L book/source.lua -L book/links.lua </dev/null \
	  -M title={title} -M description={description} -M code=1 -M listings='$2' -M panels='$(filter %.panels,$3)' \
	  -M stepdir=$(filter $1,$(BOOK_STEPS)) -M back=$(filter $(1:step%=%),$(BOOK_NAMES)) \
	  $(if $(filter tests/%,$1),-M root=../../ -M cited=$(BOOK_TMP)/cited -M records='$(BOOK_RECORDS) $(BOOK_PRINTED)',-M root=../) | awk -v site=$(BOOK_SITE) -f book/pages.awk
endef

# Chapters: checked and with their panels, but with links that still name files of
# the repository. A complaint needs the line of the notation, which pandoc
# doesn't keep; number.awk writes it down.
BOOK_LUA := book/diff.lua book/names.lua book/panel.lua book/passages.lua

# $(call book_changed,step,before): the names of the files of both
book_changed = $(sort $(notdir $(call book_sources,$1) $(if $2,$(call book_sources,$2))))

# $(call book_shown,chapter): steps of which it shows lines as they stand there
book_shown = $(patsubst chapters/$1/chapter.md:step=%,%,$(filter chapters/$1/%,$(BOOK_SHOWN)))
BOOK_SHOWN := $(shell grep -so 'step=step[0-9a-z-]*' $(BOOK_NAMES:%=chapters/%/chapter.md) /dev/null)

define book_chapter  # $1: NN-name, $2: its step, $3: the step before
$(BOOK_TMP)/$1.json: book/chapter.lua book/beside.lua book/pieces.lua book/number.awk $(BOOK_LUA) $(BOOK_TMP)/inputs \
  chapters/$1/chapter.md $(BOOK_RECORDS) $(wildcard chapters/$1/*.out chapters/$1/figures/*) \
  $(filter chapters/$1/%,$(BOOK_TASKS)) $(call book_lines,$(sort $2 $3 $(call book_shown,$1)))
	@echo '  chapter $1'
	@awk -f book/number.awk chapters/$1/chapter.md | \
	  $(PANDOC) -f markdown-implicit_figures -t json -o $$@ -L book/chapter.lua \
	  -M folder=chapters/$1 -M step=$2 -M before=$3 -M files='$(if $2,$(call book_changed,$2,$3))' \
	  -M tasks='$(filter chapters/$1/%,$(BOOK_TASKS))' -M records='$(BOOK_RECORDS)' -M draft=$(DRAFT) \
	  -M following=$(BOOK_TMP)/$1.panels
endef

# Their lists of panels, for make follow.
BOOK_PANELS := $(patsubst step%,$(BOOK_TMP)/%.panels,$(filter $(BOOK_NAMES:%=step%),$(BOOK_STEPS)))
$(BOOK_PANELS): %.panels: %.json ;

# A step's own page: its whole diff.
define book_step  # $1: the step, $2: the step before
$(BOOK_SITE)/$1/index.html: book/source.lua $(BOOK_LUA) $(BOOK_PAGE_NEEDS) \
  $(call book_lines,$1 $2)
	@mkdir -p $$(@D)
	@$(BOOK_PAGE) -L book/source.lua -L book/links.lua </dev/null -o $$@ \
	  -M title=$1 -M description='What changes in $1$(if $2, since $2).' -M code=1 -M root=../ \
	  -M back=$(filter $(1:step%=%),$(BOOK_NAMES)) \
	  -M step=$1 -M before=$2 -M files='$(call book_changed,$1,$2)'
endef

BOOK_PAGE_NEEDS = book/page.html book/links.lua book/book.yaml $(BOOK_TMP)/contents.yaml $(BOOK_TMP)/inputs
BOOK_PAGE       = $(PANDOC) -t html5 --template=book/page.html --wrap=none --toc --toc-depth=2 \
                  --metadata-file=book/book.yaml --metadata-file=$(BOOK_TMP)/contents.yaml -M target=site

book_last :=
$(foreach s,$(BOOK_STEPS),$(eval BOOK_BEFORE_$s := $(book_last))$(eval book_last := $s))
book_last :=
$(foreach s,$(BOOK_STEPS),$(eval book_last += $(filter $(s:step%=$(BOOK_TMP)/%.panels),$(BOOK_PANELS)))\
  $(eval $(call book_folder,$s,$(call book_sources,$s),$(book_last))))
$(if $(BOOK_CLAIMS),$(eval $(call book_folder,tests/claims,$(BOOK_CLAIMS),$(BOOK_TMP)/cited $(BOOK_RECORDS))))
$(if $(BOOK_FAULTS),$(eval $(call book_folder,tests/faults,$(BOOK_FAULTS),$(BOOK_TMP)/cited $(BOOK_PRINTED))))
$(foreach s,$(BOOK_STEPS),$(eval $(call book_step,$s,$(BOOK_BEFORE_$s))))
$(foreach c,$(BOOK_NAMES),$(eval $(call book_chapter,$c,$(filter step$c,$(BOOK_STEPS)),$(BOOK_BEFORE_step$c))))

$(BOOK_SITE)/%.html: $(BOOK_TMP)/%.json $(BOOK_PAGE_NEEDS)
	@mkdir -p $(@D)
	@$(BOOK_PAGE) -f json $< -L book/links.lua -M page=$* -M stepdir=$(filter step$*,$(BOOK_STEPS)) -o $@

# A page for each call and each error of the appendices, and the search's index, which
# stands for them all.
$(BOOK_SITE)/search-index.js: $(BOOK_JSON) $(BOOK_PANELS) $(BOOK_LINES) book/index.lua book/search.lua book/pages.awk book/panel.lua book/diff.lua $(BOOK_PAGE_NEEDS)
	@mkdir -p $(BOOK_SITE)/calls $(BOOK_SITE)/errors
	@$(BOOK_PAGE) -f json $(BOOK_JSON) -L book/index.lua -L book/links.lua -M title={title} -M description={description} -M code=1 \
	  -M root=../ -M search=$@ -M panels='$(BOOK_PANELS)' -M programs='$(BOOK_CLAIMS) $(BOOK_FAULTS)' | awk -v site=$(BOOK_SITE) -f book/pages.awk

$(BOOK_SITE)/index.html: book/welcome.md $(BOOK_PAGE_NEEDS)
	@mkdir -p $(@D)
	@$(BOOK_PAGE) $< -M index=1 -o $@

$(BOOK_SITE)/style.css $(BOOK_SITE)/page.js: $(BOOK_SITE)/%: book/% $(BOOK_TMP)/inputs
	@mkdir -p $(@D)
	@cp $< $@

# Titles for the links from page to page; touched only when one has changed.
$(BOOK_TMP)/contents.yaml: $(BOOK_TMP)/contents.made ;
$(BOOK_TMP)/contents.made: book/contents.awk $(BOOK_TMP)/inputs $(BOOK_NAMES:%=chapters/%/chapter.md)
	@awk -f book/contents.awk $(BOOK_NAMES:%=chapters/%/chapter.md) </dev/null >$@
	@cmp -s $@ $(@:made=yaml) || cp $@ $(@:made=yaml)

# Which sections cite which program; touched only when that has changed.
$(BOOK_TMP)/cited: $(BOOK_TMP)/cited.made ;
$(BOOK_TMP)/cited.made: book/cited.awk $(BOOK_TMP)/inputs $(BOOK_NAMES:%=chapters/%/chapter.md)
	@awk -f book/cited.awk $(BOOK_NAMES:%=chapters/%/chapter.md) </dev/null >$@
	@cmp -s $@ $(basename $@) || cp $@ $(basename $@)

# Every program that shows a claim is cited somewhere; that every citation has a
# program is chapter.lua's business.
$(BOOK_TMP)/claims: $(BOOK_JSON) $(BOOK_CLAIMS)
	@status=0; for claim in $(BOOK_CLAIMS); do \
	  grep -q "repo:$$claim\"" $(BOOK_JSON) /dev/null || \
	    { echo "$$claim: no chapter cites this claim" >&2; status=1; }; \
	done; $(if $(DRAFT),:,test $$status = 0)
	@touch $@

# The whole book, its sources last.
$(BOOK_TMP)/sources.json: book/source.lua $(BOOK_LUA) $(BOOK_LINES) $(BOOK_TMP)/inputs
	@echo '# The code {#the-code}' | \
	  $(PANDOC) -t json -L book/source.lua -M listings='$(BOOK_SOURCES)' -M one=1 -o $@

BOOK_WHOLE = $(PANDOC) -f json $(BOOK_JSON) $(BOOK_TMP)/sources.json --wrap=none \
             -L book/links.lua --metadata-file=book/book.yaml --metadata-file=$(BOOK_TMP)/contents.yaml

book/out/iocp.html: $(BOOK_JSON) $(BOOK_TMP)/sources.json book/whole.html book/style.css book/page.js \
  book/links.lua book/book.yaml $(BOOK_TMP)/contents.yaml
	@mkdir -p $(@D)
	@{ echo '<style>'; cat book/style.css; echo '</style>'; } >$(BOOK_TMP)/style.html
	@{ echo '<script>'; cat book/page.js; echo '</script>'; } >$(BOOK_TMP)/script.html
	@$(BOOK_WHOLE) -M target=one -t html5 --template=book/whole.html -H $(BOOK_TMP)/style.html \
	  -A $(BOOK_TMP)/script.html --toc --toc-depth=2 -o $@

# By sections, and the code by folders: an e-reader is slow with large files.
book/out/iocp.epub: BOOK_PANDOC = $(word 2,$(shell $(PANDOC) --version))
book/out/iocp.epub: $(BOOK_JSON) $(BOOK_TMP)/sources.json book/epub.css book/cover.png \
  book/links.lua book/book.yaml $(BOOK_TMP)/contents.yaml
	@mkdir -p $(@D)
	@$(BOOK_WHOLE) -M target=epub -t epub3 --no-highlight --css=book/epub.css --epub-cover-image=book/cover.png \
	  --toc-depth=2 $(if $(filter 2.%,$(BOOK_PANDOC)),--epub-chapter-level,--split-level)=2 -o $@

# What the programs print goes into the chapters' .out files. The panels say what
# the half-built programs are, so the pages come first, without their outputs.
book-outputs: ## for authors: write the programs' outputs into the chapters
	@$(MAKE) -s -f $(firstword $(MAKEFILE_LIST)) book DRAFT=1
	@sh tests/book/checkpoints.t --write $(CHAPTER)
	@$(MAKE) -s -f $(firstword $(MAKEFILE_LIST)) book

pdf: book/out/iocp.pdf ## the book as book/out/iocp.pdf (needs chromium or weasyprint)
book/out/iocp.pdf: book/out/iocp.html
	@for b in chromium chromium-browser google-chrome; do \
	  command -v $$b >/dev/null && exec $$b --headless --disable-gpu $$([ $$(id -u) != 0 ] || echo --no-sandbox) \
	    --no-pdf-header-footer --user-data-dir=$(BOOK_TMP)/browser --print-to-pdf=$@ file://$(CURDIR)/$< 2>/dev/null; \
	done; \
	command -v weasyprint >/dev/null && \
	  exec sed 's/light-dark(\([^,]*\),[^)]*)/\1/g' $< | weasyprint -q - $@; \
	echo 'make pdf needs weasyprint or chromium: sudo apt-get install weasyprint' >&2; exit 1

screenshot: book ## book/screenshot.png, which README.md shows (needs chromium, node and npm)
	@sh tests/browser/run screenshot.mjs

.PHONY: cover
cover: ## book/cover.png from book/cover.svg (needs chromium, node and npm)
	@sh tests/browser/run cover.mjs

lint-book: book ## HTML validity, epubcheck, spelling
	@sh tests/book/lint.sh

book-clean:
	rm -rf book/out $(BOOK_TMP)
