# Figures that are drawn from the code. chapters/NN-name/figures.mk adds its own:
#   FIGURES += chapters/NN-name/figures/NAME.svg
#   build/chapters/NN-name/figures/NAME.svg: what it is made from
#           a recipe that writes $@
# The drawn files are in git; `make check-figures` tells whether they are up to date.
FIGURES :=
include $(sort $(wildcard chapters/*/figures.mk))

figures: $(FIGURES:%=build/%) ## draw the figures that are made from the code
	@for figure in $(FIGURES); do cmp -s build/$$figure $$figure || { cp build/$$figure $$figure; echo "drawn: $$figure"; }; done

check-figures: $(FIGURES:%=build/%)
	@status=0; for figure in $(FIGURES); do \
	  cmp -s build/$$figure $$figure || { echo "$$figure is not what the code says: make figures" >&2; status=1; }; \
	done; exit $$status

.PHONY: figures check-figures
