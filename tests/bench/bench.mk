# make bench: what each layer costs for a completion (tests/bench.c), an echo server
# in requests to Wine's server process and in memory: the raw loops, asio where it is
# installed, and every step that has one; and a web server in requests and CPU: the
# last step's, one with asio, busybox's, and node's with NODE=.../node.exe, a Windows
# program (tests/bench/).

BENCH_BUILD  = $(TEST_BUILD)/bench
# What of a step the server is made of.
BENCH_STEPS  = $(patsubst %/echo.h,%,$(sort $(wildcard step*/echo.h)))
BENCH_ECHOES = $(BENCH_STEPS:%=$(BENCH_BUILD)/%.exe)
# Headers alone. They stand among the system's own, which are not Windows'.
ASIO         = $(wildcard /usr/include/asio.hpp)
ASIO_CXX     = $(shell command -v $(CROSS)-g++-posix)
BENCH_ASIO   = $(if $(ASIO),$(if $(ASIO_CXX),$(BENCH_BUILD)/asio.exe $(BENCH_BUILD)/asio-http.exe))
# Natively, and a library.
BENCH_REAP   = $(if $(and $(shell command -v busybox),$(shell command -v cc)),$(BENCH_BUILD)/reap.so)
NODE        ?=

.PHONY: bench
bench: $(TEST_BUILD)/bench.exe $(BENCH_BUILD)/raw.exe $(BENCH_ECHOES) $(BENCH_BUILD)/httpd.exe $(BENCH_ASIO) $(BENCH_REAP) $(WINE_READY) ## what a layer costs, an echo server and a web server, beside others (minutes; ROUNDS=100: less; NODE=node.exe)
	@$(if $(WINE_READY),wine) $< $(ROUNDS)
ifneq ($(OS),Windows_NT)
	@sh tests/with-wine sh tests/bench/table $(BENCH_BUILD) $(ROUNDS)
	@NODE='$(NODE)' sh tests/with-wine sh tests/bench/responses $(BENCH_BUILD) $(ROUNDS)
endif

$(TEST_BUILD)/bench.exe: tests/bench.c $(PART_OBJECTS) $(wildcard $(PART_ONE)/*.h)
	@mkdir -p $(@D)
	@$(TEST_CC) $(TEST_CFLAGS) -Wl,--wrap=GetQueuedCompletionStatusEx -I$(PART_ONE) $(filter %.c %.o,$^) -lws2_32 -o $@

$(BENCH_BUILD)/raw.exe: tests/bench/raw.c
	@mkdir -p $(@D)
	@$(TEST_CC) $(TEST_CFLAGS) $< -lws2_32 -o $@

define BENCH_RULE
$(BENCH_BUILD)/$1.exe: tests/bench/step.c tests/bench/late.c $(addprefix $(TEST_BUILD)/$1/objects/,$(patsubst %.c,%.o,$(filter-out main.c echo.c crowd.c,$(notdir $(wildcard $1/*.c))))) $(BENCH_BUILD)/$1-echo.o
	@$$(TEST_CC) $$(TEST_CFLAGS) -I$1 $$^ $(addprefix -Wl$(comma)--wrap=,malloc calloc free WSARecv) -lws2_32 -o $$@
# Counted apart from what the layers allocate.
$(BENCH_BUILD)/$1-echo.o: $1/echo.c $(wildcard $1/*.h)
	@mkdir -p $$(@D)
	@$$(TEST_CC) $$(TEST_CFLAGS) -Dcalloc=program_calloc -Dfree=program_free -c $$< -o $$@
endef
$(foreach step,$(BENCH_STEPS),$(eval $(call BENCH_RULE,$(step))))

$(BENCH_BUILD)/httpd.exe: $(SERVER)/main.c tests/bench/late.c $(patsubst %.c,$(TEST_BUILD)/$(SERVER)/objects/%.o,$(filter-out main.c,$(notdir $(wildcard $(SERVER)/*.c))))
	@mkdir -p $(@D)
	@$(TEST_CC) $(TEST_CFLAGS) -I$(SERVER) $^ -Wl,--wrap=WSARecv -lws2_32 -lntdll -o $@

$(BENCH_BUILD)/reap.so: tests/bench/reap.c
	@mkdir -p $(@D)
	@cc -std=c11 -O2 -Wall -Wextra -Werror -shared -fPIC $< -ldl -o $@

$(BENCH_BUILD)/asio%exe: tests/bench/asio%cpp
	@mkdir -p $(@D)/include
	@ln -sfn $(dir $(ASIO))asio $(@D)/include/asio && ln -sfn $(ASIO) $(@D)/include/asio.hpp
	@$(ASIO_CXX) -std=c++17 -O2 -DASIO_STANDALONE -D_WIN32_WINNT=0x0601 -isystem $(@D)/include $< -static -lws2_32 -lmswsock -o $@
