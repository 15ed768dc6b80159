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
