# Figures that are drawn from the code. chapters/NN-name/figures.mk adds its own:
#   FIGURES += chapters/NN-name/figures/NAME.svg
#   build/chapters/NN-name/figures/NAME.svg: what it is made from
#           a recipe that writes $@
# The drawn files are in git; `make check-figures` tells whether they are up to date.
#
# Where there is a trace.txt, trace.svg is drawn from it: a run of the chapter's step,
# recorded by `make record-traces`. An empty file is enough to begin with; lines like
# "# hide a.c" and "# args 3" at its head are kept (book/README.md).
TRACES  := $(sort $(wildcard chapters/*/figures/trace.txt))
FIGURES := $(TRACES:.txt=.svg)
include $(sort $(wildcard chapters/*/figures.mk))

$(TRACES:%.txt=build/%.svg): build/%.svg: %.txt chapters/tools/trace-rows.awk chapters/tools/trace-svg.awk
	@mkdir -p $(@D)
	@awk -f chapters/tools/trace-rows.awk -f chapters/tools/trace-svg.awk $< >$@.new && mv $@.new $@

figures: $(FIGURES:%=build/%) ## draw the figures that are made from the code
	@for figure in $(FIGURES); do cmp -s build/$$figure $$figure || { cp build/$$figure $$figure; echo "drawn: $$figure"; }; done

check-figures: $(FIGURES:%=build/%)
	@status=0; for figure in $(FIGURES); do \
	  cmp -s build/$$figure $$figure || { echo "$$figure is not what the code says: make figures" >&2; status=1; }; \
	done; exit $$status

.PHONY: figures check-figures

# The reader's own copy of the program, typed in from the chapters' panels in work/book.
# As with the exercises, make's own "Error" would only be noise; STRICT=1 keeps it.
.PHONY: follow
follow: $(BOOK_PANELS) $(WINE_READY) ## type the book in: where you are and what comes next (NEXT=1, TO=checkpoint, FROM=4, WATCH=1)
	@MAKE='$(MAKE)' NEXT='$(NEXT)' TO='$(TO)' FROM='$(FROM)' WATCH='$(WATCH)' V='$(V)' \
	  sh chapters/tools/follow/follow $(BOOK_PANELS) $(if $(STRICT),,|| true)
