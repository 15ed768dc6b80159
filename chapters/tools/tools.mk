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
#   make trace STEP=05 [ARGS='http://...'] [HIDE='delay_server.c loopback.c'] [CALLS=60]
#   make trace EX=3.1
# Any other program, built with -g:
#   make build/tools/trace.o
#   x86_64-w64-mingw32-gcc -g yours.c build/tools/trace.o -lws2_32 -o yours.exe
#   make trace PROGRAM='./yours.exe arguments'
TRACED = $(if $(STEP),step '$(STEP)',$(if $(EX),exercise '$(EX)',$(if $(PROGRAM),program '$(PROGRAM)',nothing)))
TRACE  = MAKE='$(MAKE)' CC=$(TOOLS_CC) WINE=$(if $(WINE_READY),wine) sh chapters/tools/trace
TRACE_NEEDS = $(TOOLS_BUILD)/trace.o $(WINE_READY)
$(TOOLS_BUILD)/trace.o: chapters/tools/intercept.c
.PHONY: trace record-traces
trace: $(TRACE_NEEDS) ## STEP=05, EX=3.1 or PROGRAM=...: record a run, draw who has which buffer when
	@ARGS='$(ARGS)' HIDE='$(HIDE)' AROUND='$(AROUND)' CALLS='$(CALLS)' $(TRACE) $(TRACED) $(if $(STRICT),,|| true)

# The runs that the book shows, made anew.
record-traces: $(TRACE_NEEDS)
	@for trace in $(TRACES); do \
	  chapter=$${trace#chapters/} && chapter=$${chapter%%-*} && mkdir -p build/$${trace%/*} && \
	  ARGS="$$(sed -n 's/^# args //p' $$trace)" HIDE="$$(sed -n 's/^# hide //p' $$trace)" \
	  AROUND="$$(sed -n 's/^# around //p' $$trace)" \
	  CALLS="$$(sed -n 's/^# calls //p' $$trace)" OUT=build/$${trace%/*} ONLY=record $(TRACE) step $$chapter >/dev/null && \
	  cp build/$$trace $$trace || exit 1; \
	done
# Runs a program with a guard between it and the system, which stops it at the
# first wrong use of what is lent:
#   make guard STEP=05, make guard EX=3.1, make guard DIR=folder [RUNS=10]
# Any other program, in C or C++:
#   make build/tools/guard.o
#   x86_64-w64-mingw32-gcc -g yours.c build/tools/guard.o -lws2_32 -o yours.exe
# Compiled with -fsanitize=thread -fno-builtin as well (but not linked with it),
# every read and write is looked at, not only calls.

# The guard calls no function of the C library that it stands in front of.
$(TOOLS_BUILD)/guard.o: $(wildcard chapters/tools/guard/*.[ch]) chapters/tools/intercept.c chapters/tools/intercept.h
	@mkdir -p $(@D)
	@$(TOOLS_CC) -std=c11 -O2 -g -Wall -Wextra -Werror $(GUARD_OWN) \
	  -c chapters/tools/guard/guard.c -o $@

.PHONY: guard
guard: $(TOOLS_BUILD)/guard.o $(WINE_READY) ## STEP=05, EX=3.1 or DIR=folder (ARGS=...): run it, stop at the first wrong use of lent memory
	@CC=$(TOOLS_CC) WINE=$(if $(filter Windows_NT,$(OS)),,wine) BUILD=$(TOOLS_BUILD) \
	  RUNS='$(RUNS)' sh chapters/tools/guarded '$(STEP)' '$(EX)' '$(DIR)' $(ARGS) $(if $(STRICT),,|| true)

ifneq ($(if $(TESTS),$(filter guard,$(TESTS)),all),)
test: $(TOOLS_BUILD)/guard.o
endif
