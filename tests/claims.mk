# make claims: what Windows does, one program a statement (tests/claims).
# make faults: what the original did, one program a fault (tests/faults).

CLAIM_BUILD    = $(TEST_BUILD)/claims
CLAIM_PROGRAMS = $(patsubst tests/claims/%.c,$(CLAIM_BUILD)/%.exe,$(wildcard tests/claims/*.c))
FAULT_BUILD    = $(TEST_BUILD)/faults
FAULT_PROGRAMS = $(patsubst tests/faults/%.c,$(FAULT_BUILD)/%.exe,$(wildcard tests/faults/*.c))
# What the faults, which are the original's, are held against: the end of part I.
PART_ONE     = step05-tcpstream
PART_OBJECTS = $(patsubst %.c,$(TEST_BUILD)/$(PART_ONE)/objects/%.o,$(notdir $(filter-out %/main.c,$(wildcard $(PART_ONE)/*.c))))

.PHONY: claims faults
claims: $(CLAIM_PROGRAMS) $(WINE_READY) ## what Windows does, and whether this system does it
	@sh tests/claims/all $(CLAIM_BUILD)

faults: $(FAULT_PROGRAMS) $(WINE_READY) ## the original's faults, each beside what we do
	@sh tests/faults/all $(FAULT_BUILD)

test: $(CLAIM_PROGRAMS) $(if $(filter 64,$(BITS)),$(FAULT_PROGRAMS))

# Windows' headers take half a second to read: once is enough.
$(CLAIM_BUILD)/claim.h.gch: tests/claims/claim.h
	@mkdir -p $(@D)
	@$(TEST_CC) $(TEST_CFLAGS) -x c-header $< -o $@
$(CLAIM_BUILD)/%.exe: tests/claims/%.c $(CLAIM_BUILD)/claim.h.gch
	@$(TEST_CC) $(TEST_CFLAGS) -include $(CLAIM_BUILD)/claim.h $< -lws2_32 -o $@

$(FAULT_BUILD)/%.exe: tests/faults/%.c $(PART_OBJECTS) $(wildcard tests/faults/*.h $(PART_ONE)/*.h)
	@mkdir -p $(@D)
	@$(TEST_CC) $(TEST_CFLAGS) -I$(PART_ONE) $(filter %.c %.o,$^) -lws2_32 -o $@

include tests/bench/bench.mk
