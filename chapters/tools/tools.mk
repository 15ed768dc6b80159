# The tools that a program is linked with, in front of the system's libraries:
# build/tools/intercept.o and what sees the calls by it (see intercept.h).

TOOLS_BUILD = build/tools
ifeq ($(OS),Windows_NT)
TOOLS_CC = gcc
else
TOOLS_CC = x86_64-w64-mingw32-gcc
endif

$(TOOLS_BUILD)/%.o: chapters/tools/%.c $(wildcard chapters/tools/*.h)
	@mkdir -p $(@D)
	@$(TOOLS_CC) -std=c11 -O2 -g -Wall -Wextra -Werror -c $< -o $@

# Runs a program and shows its calls, who waits for what, and who has which buffer.
#   make trace STEP=05 [ARGS='http://...'] [HIDE='delay_server.c loopback.c']
#   make trace EX=3.1
# Any other program, built with -g:
#   make build/tools/trace.o build/tools/intercept.o
#   x86_64-w64-mingw32-gcc -g yours.c build/tools/trace.o build/tools/intercept.o -lws2_32 -o yours.exe
#   make trace PROGRAM='./yours.exe arguments'
TRACED = $(if $(STEP),step '$(STEP)',$(if $(EX),exercise '$(EX)',$(if $(PROGRAM),program '$(PROGRAM)',nothing)))
TRACE  = MAKE='$(MAKE)' CC=$(TOOLS_CC) WINE=$(if $(WINE_READY),wine) sh chapters/tools/trace
TRACE_NEEDS = $(TOOLS_BUILD)/trace.o $(TOOLS_BUILD)/intercept.o $(WINE_READY)
.PHONY: trace record-traces $(TRACES:%=record-%)
trace: $(TRACE_NEEDS) ## STEP=05, EX=3.1 or PROGRAM=...: record a run, draw who has which buffer when
	@ARGS='$(ARGS)' HIDE='$(HIDE)' $(TRACE) $(TRACED) $(if $(STRICT),,|| true)

# The runs that the book shows, made anew.
record-traces: $(TRACES:%=record-%)
$(TRACES:%=record-%): record-chapters/%/figures/trace.txt: $(TRACE_NEEDS)
	@mkdir -p build/chapters/$*/figures
	@HIDE="$$(sed -n 's/^# hide //p' chapters/$*/figures/trace.txt)" OUT=build/chapters/$*/figures ONLY=record \
	  $(TRACE) step $(firstword $(subst -, ,$*)) >/dev/null
	@cp build/chapters/$*/figures/trace.txt chapters/$*/figures/trace.txt
