# The exercises: listing, doing and grading them. Included by the top-level
# Makefile. How to write one: chapters/exercises.md.
#
# build/exercises/EX/ready is made once for each exercise: see tools/prepare.

EX_BUILD  = build/exercises
EX_TOOLS := $(addprefix chapters/tools/,lib.sh layers.sh prepare check.h guard.h peers.h streams.h talk.h loans.h sends.h ends.h)
EX_TASKS := $(sort $(wildcard chapters/[0-9][0-9]-*/exercises/*/task.md))

# 03.1 -> 3.1: the number of an exercise, from its task.
ex_chapter = $(patsubst 0%,%,$(firstword $(subst -, ,$(word 2,$(subst /, ,$1)))))
ex_number  = $(call ex_chapter,$1).$(firstword $(subst -, ,$(word 4,$(subst /, ,$1))))
EXERCISES := $(foreach task,$(EX_TASKS),$(call ex_number,$(task)))
ifneq ($(and $(filter grade% judge test-exercises,$(MAKECMDGOALS)),$(filter-out $(EXERCISES),$(EX))),)
$(error There is no exercise $(filter-out $(EXERCISES),$(EX)): make exercises lists them)
endif

# What the tools take from make.
ifeq ($(OS),Windows_NT)
EX_ENV = MAKE='$(MAKE)' CC=gcc NM=nm ADDR2LINE=addr2line WINE=
else
EX_ENV = MAKE='$(MAKE)' CC=x86_64-w64-mingw32-gcc NM=x86_64-w64-mingw32-nm ADDR2LINE=x86_64-w64-mingw32-addr2line WINE=wine
endif

$(EX_BUILD)/check.o: chapters/tools/check.c chapters/tools/check.h chapters/tools/wording.h
	@mkdir -p $(@D)
	@$(EX_ENV) sh -c '$$CC -std=c11 -O2 -g -Wall -Wextra -Werror -c $< -o $@'

define ex_rule
$(EX_BUILD)/$(call ex_number,$1)/ready: $(EX_BUILD)/check.o $(EX_TOOLS) $(wildcard step*/*.[ch] step*/Makefile) \
  $(wildcard $(dir $1)* $(dir $1)*/*)
	@$(EX_ENV) sh chapters/tools/prepare $(call ex_number,$1) $(EX_BUILD)
endef
$(foreach task,$(EX_TASKS),$(eval $(call ex_rule,$(task))))


# The proof of every exercise, or of EX alone; ROUNDS of the solution. PART=right
# leaves out the wrong answers, PART=wrong all else. One that fails stops no other.
ROUNDS ?= 20
EX_PROVED = $(if $(EX),$(EX),$(EXERCISES))
MAKEFLAGS += $(if $(filter test-exercises,$(MAKECMDGOALS)),-k)

.PHONY: test-exercises $(EXERCISES:%=prove-%)
test-exercises: $(EX_PROVED:%=prove-%) ## prove the exercises, their solutions ROUNDS=20 times (EX=3.1 for one)
$(EXERCISES:%=prove-%): prove-%: $(EX_BUILD)/%/ready $(WINE_READY)
	@$(EX_ENV) sh chapters/tools/prove $* $(EX_BUILD) $(ROUNDS) $(PART)

# The tests of the exercises run side by side: none of them is to make these.
ifneq ($(if $(TESTS),$(filter exercises% grade%,$(TESTS)),$(filter 64,$(BITS))),)
test: $(EXERCISES:%=$(EX_BUILD)/%/ready)
endif

# What a student does. The tools say what is wrong, in one line; make's own
# "Error 2" would only be a second one, so it is told that all is well. STRICT=1
# keeps the exit status.
EX_AS = $(if $(filter command,$(origin AS)),$(AS))# make itself has an AS, too
EX_STUDENT = @$(EX_ENV) BUILD=$(EX_BUILD) V='$(V)' YES='$(YES)' GUARD='$(GUARD)' AS='$(EX_AS)' sh chapters/tools/student
EX_STATUS  = $(if $(STRICT),,|| true)

.PHONY: exercises start check hint solution watch
exercises: ## list the exercises, and which are done
	$(EX_STUDENT) list
start: ## EX=3.1: begin an exercise, in work/
	$(EX_STUDENT) start '$(EX)' $(EX_STATUS)
check: $(WINE_READY) ## EX=3.1: check your version (V=1: every point, GUARD=1: memory, too, STRICT=1: exit status)
	$(EX_STUDENT) check '$(EX)' $(EX_STATUS)
hint: ## EX=3.1: a hint; again for the next
	$(EX_STUDENT) hint '$(EX)' $(EX_STATUS)
solution: ## EX=3.1: how your version differs from ours
	$(EX_STUDENT) solution '$(EX)' $(EX_STATUS)
watch: $(WINE_READY) ## EX=3.1: check at every save
	$(EX_STUDENT) watch '$(EX)' $(EX_STATUS)

# What an author does: chapters/exercises.md.
EX_AUTHOR = @$(EX_ENV) sh chapters/tools/author
.PHONY: open keep teacher
open: ## EX=3.1 AS=wrong/slices: lay out starter, solution or a wrong answer, to edit
	$(EX_AUTHOR) open '$(EX)' '$(EX_AS)'
keep: ## EX=3.1 AS=wrong/slices: write it back as what it changes
	$(EX_AUTHOR) keep '$(EX)' '$(EX_AS)'
teacher: ## EX=3.1: what it trains, the wrong answers, what to say to them
	$(EX_AUTHOR) teacher '$(EX)'

# What a teacher does. Each student is one make target, so -j spreads a class over
# the processors of one machine; grade-student and grade-table spread it over more:
#   make grade-student DIR=submissions OUT=results N=7   (the seventh folder, or STUDENT=name)
#   make grade-table OUT=results
# EX="3.1 3.2" grades only those.
OUT ?= results
GRADED = $(if $(EX),$(EX),$(EXERCISES))
GRADE_ENV = $(EX_ENV) OUT='$(OUT)' BUILD=$(EX_BUILD) ONLY='$(GRADED)'
GRADE = $(GRADE_ENV) sh chapters/tools/grade

.PHONY: grade grade-student grade-table
grade: $(GRADED:%=$(EX_BUILD)/%/ready) $(WINE_READY) ## DIR=submissions OUT=results: grade a class (make -j2)
	@$(GRADE) plan '$(DIR)' '$(OUT)'
	-@$(GRADE_ENV) exec $(MAKE) -k $(if $(filter -j%,$(MAKEFLAGS)),,-j$$((2 * $$(nproc)))) -s -f '$(OUT)/students.mk'
	@$(GRADE) table '$(OUT)'
grade-student: $(GRADED:%=$(EX_BUILD)/%/ready) $(WINE_READY)
	@$(GRADE) plan '$(DIR)' '$(OUT)'
	@$(GRADE_ENV) exec sh chapters/tools/grade student '$(OUT)' "$$(if [ -n '$(N)' ]; then sed -n '$(N)p' '$(OUT)/students'; else echo '$(STUDENT)'; fi)"
grade-table:
	@$(GRADE) table '$(OUT)'

# One check, for those who collect work in a way of their own:
#   make judge EX=3.1 FROM=folder RESULT=file
.PHONY: judge
judge: $(EX_BUILD)/$(EX)/ready $(WINE_READY)
	@$(EX_ENV) sh chapters/tools/judge '$(EX)' '$(FROM)' '$(RESULT)' $(EX_BUILD)
