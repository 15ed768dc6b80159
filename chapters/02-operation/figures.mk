# The layout of an Operation, as the compilers for 64 and 32 bits see it.
FIGURES += chapters/02-operation/figures/layout.svg

LAYOUT_IN  = chapters/02-operation/figures
LAYOUT_OUT = build/chapters/02-operation/figures

$(LAYOUT_OUT)/layout.svg: $(LAYOUT_IN)/layout.awk $(LAYOUT_OUT)/layout-64 $(LAYOUT_OUT)/layout-32
	@awk -f $^ >$@.new && mv $@.new $@
$(LAYOUT_OUT)/layout-64: LAYOUT_CC = x86_64-w64-mingw32-gcc
$(LAYOUT_OUT)/layout-32: LAYOUT_CC = i686-w64-mingw32-gcc
$(LAYOUT_OUT)/layout-64 $(LAYOUT_OUT)/layout-32: $(LAYOUT_IN)/layout.c step02-operation/operation.h step02-operation/ffi.h
	@mkdir -p $(@D)
	@$(LAYOUT_CC) -std=c11 -Wall -Wextra -Istep02-operation -S $< -o $@.s
	@sed -n 's/.*@ /@ /p' $@.s >$@
