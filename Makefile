# Dragoman: build, demonstrate, test.
#
#   make            libdragoman (static, shared), dragoman.so, dragoman
#   make demo       install what is missing, build, analyse the first case
#   make test       the same, then every test under prove
#   make help       all targets
#
# Outputs go under $(BUILD).  DEBUG=1, SAN=address,undefined change the build.

BUILD   ?= build
PREFIX  ?= /usr/local
DESTDIR ?=
CC      ?= cc

# ---- settings --------------------------------------------------------------

# (Under sanitizers gcc's "maybe uninitialized" is wrong too often.)
WARN    = -Wall -Wextra -Wconversion -Wstrict-prototypes \
          -Wmissing-prototypes -Werror
OPT     = $(if $(DEBUG),-O1 -g,-O2 -g -DNDEBUG)
HARDEN  = $(if $(SAN),,-fstack-protector-strong)
SANFLAGS = $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all \
           -fno-omit-frame-pointer -Wno-maybe-uninitialized)
LUA_INC ?= /usr/include/lua5.4
override CPPFLAGS += -Iengine -D_GNU_SOURCE -DLUA_COMPAT_5_3=0
CFLAGS  ?=
ALL_CFLAGS = -std=c11 -fPIC $(WARN) $(OPT) $(HARDEN) \
             $(SANFLAGS) $(CFLAGS)
ALL_LDFLAGS = $(SANFLAGS) $(LDFLAGS)
STORE_LIBS  = -llmdb -lxxhash
# The program carries its libraries with it; -Wl,-E lets Lua's own C modules
# find the Lua inside it.
PROGRAM_LIBS = -Wl,-Bstatic -llua5.4-lpeg -llua5.4 -llmdb -lxxhash \
               -Wl,-Bdynamic -lm -ldl -pthread

# ---- sources, by layer: each may use only those before it (make lint) ------

LAYERS  = base store rules eval read kb
LIB_SRC = $(foreach l,$(LAYERS),$(sort $(wildcard engine/$(l)/*.c)))
LUA_SRC = $(sort $(wildcard engine/lua/*.c))
MAIN_SRC = engine/main/main.c engine/main/edit.c
SCRIPTS = $(sort $(wildcard scripts/*.lua scripts/*/*.lua))

obj     = $(patsubst %.c,$(BUILD)/%.o,$(1))
LIB_OBJ = $(call obj,$(LIB_SRC))
LUA_OBJ = $(call obj,$(LUA_SRC)) $(BUILD)/embedded.o
MAIN_OBJ = $(call obj,$(MAIN_SRC))
UNIT    = $(patsubst tests/unit/%.c,$(BUILD)/unit/%, \
            $(wildcard tests/unit/test_*.c))
CRASH   = $(patsubst tests/crash/%.c,$(BUILD)/crash/%,$(wildcard tests/crash/*.c))
BENCH   = $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(wildcard tests/bench/*.c))
KERNELS = $(patsubst tests/bench/kernels/%.c,$(BUILD)/bench/kernels/%, \
            $(filter-out %/kernel.c,$(wildcard tests/bench/kernels/*.c)))

# ---- what is built ---------------------------------------------------------

.PHONY: all packages packages-test demo test check-asan bench fuzz lint \
        oracle soak install clean help
.DELETE_ON_ERROR:

all: $(BUILD)/libdragoman.a $(BUILD)/libdragoman.so $(BUILD)/dragoman.so \
     $(BUILD)/dragoman

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

# The evaluator's loops are over columns: let them be vectorised.
$(BUILD)/engine/eval/%.o: ALL_CFLAGS += $(if $(DEBUG),,-O3)

$(BUILD)/engine/lua/%.o $(BUILD)/engine/main/%.o: CPPFLAGS += -I$(LUA_INC)

$(BUILD)/libdragoman.a: $(LIB_OBJ)
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/libdragoman.so: $(LIB_OBJ) engine/libdragoman.map
	$(CC) -shared -Wl,-soname,libdragoman.so.0 \
	  -Wl,--version-script=engine/libdragoman.map $(ALL_LDFLAGS) \
	  $(filter %.o,$^) $(STORE_LIBS) -lm -pthread -o $@

$(BUILD)/dragoman.so: $(LUA_OBJ) $(LIB_OBJ) engine/lua/dragoman.map
	$(CC) -shared -Wl,--version-script=engine/lua/dragoman.map \
	  $(ALL_LDFLAGS) $(filter %.o,$^) $(STORE_LIBS) -lm -pthread -o $@

$(BUILD)/dragoman: $(MAIN_OBJ) $(LUA_OBJ) $(LIB_OBJ)
	$(CC) -Wl,-E $(ALL_LDFLAGS) $^ $(PROGRAM_LIBS) -o $@

# The Lua half as C arrays, so that program and module run from anywhere.
$(BUILD)/embed: engine/main/embed.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -O1 -Wall -Wextra -I$(LUA_INC) $< \
	  -Wl,-Bstatic -llua5.4 -Wl,-Bdynamic -lm -ldl -o $@

$(BUILD)/embedded.c: $(BUILD)/embed $(SCRIPTS)
	$(BUILD)/embed $(SCRIPTS) > $@

$(BUILD)/embedded.o: $(BUILD)/embedded.c
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -c $< -o $@

# ---- packages --------------------------------------------------------------

BUILD_PACKAGES = liblua5.4-dev lua-lpeg-dev liblmdb-dev libxxhash-dev
TEST_PACKAGES  = $(BUILD_PACKAGES) lua5.4 lua-lpeg perl
LINT_PACKAGES  = lua-check cppcheck

# $(call install,packages): say what is missing; install it, or say how.
define install
@missing=; for p in $(1); do \
  dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' \
    || missing="$$missing $$p"; done; \
if [ -n "$$missing" ]; then \
  echo "Debian packages missing:$$missing"; \
  if [ "$$(id -u)" = 0 ]; then \
    echo "Installing them: apt-get install -y --no-install-recommends$$missing"; \
    { apt-get -qq update && DEBIAN_FRONTEND=noninteractive apt-get -qq install \
        -y --no-install-recommends $$missing; } > /dev/null || exit 1; \
  else \
    echo "Install them, then try again:"; \
    echo "  sudo apt-get install --no-install-recommends$$missing"; \
    exit 1; \
  fi; \
fi
endef

packages:
	$(call install,$(BUILD_PACKAGES))

packages-test:
	$(call install,$(TEST_PACKAGES))

packages-lint:
	$(call install,$(TEST_PACKAGES) $(LINT_PACKAGES))

# ---- the main job ----------------------------------------------------------

JOBS ?= $(shell nproc 2>/dev/null || echo 2)

demo: packages
	@echo "Building (about a minute the first time) ..."
	@$(MAKE) --no-print-directory -s -j$(JOBS) all
	@$(BUILD)/dragoman run scripts/talks.lua kb/afghanistan-2021

# ---- tests -----------------------------------------------------------------

LIB_TEST_LIBS = $(BUILD)/libdragoman.a $(STORE_LIBS) -lm -pthread

$(BUILD)/unit/%: tests/unit/%.c $(BUILD)/libdragoman.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -Itests/unit $(filter-out -DNDEBUG,\
	  $(ALL_CFLAGS)) -MMD -MP $< $(LIB_TEST_LIBS) $(ALL_LDFLAGS) -o $@

$(BUILD)/crash/% $(BUILD)/bench/%: tests/%.c
$(BUILD)/crash/%: tests/crash/%.c $(BUILD)/libdragoman.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) -Itests/unit $(ALL_CFLAGS) -MMD -MP $< \
	  $(LIB_TEST_LIBS) $(ALL_LDFLAGS) -o $@
$(BUILD)/bench/%: tests/bench/%.c $(BUILD)/libdragoman.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP $< $(LIB_TEST_LIBS) \
	  $(ALL_LDFLAGS) -o $@

# The limit: plain C for one program each.
$(BUILD)/bench/kernels/%: tests/bench/kernels/%.c tests/bench/kernels/kernel.c \
                          tests/bench/kernels/kernel.h
	@mkdir -p $(@D)
	$(CC) -D_GNU_SOURCE -std=c11 $(WARN) -O3 $(filter %.c,$^) -o $@

# Every test speaks TAP: C programs, Lua scripts, shell scripts.
TEST_ENV = SAN='$(SAN)' BUILD=$(abspath $(BUILD)) DRAGOMAN=$(abspath $(BUILD))/dragoman \
           LUA_PATH='scripts/?.lua;scripts/?/init.lua;tests/lua/?.lua;tests/oracle/?.lua;;' \
           LUA_CPATH='$(abspath $(BUILD))/?.so;;'
LUA_TESTS = $(sort $(wildcard tests/lua/test_*.lua tests/oracle/test_*.lua \
              tests/programs/test_*.lua))

test: packages-test
	@$(MAKE) --no-print-directory -s -j$(JOBS) tests-built
	@$(TEST_ENV) prove --timer -j$(JOBS) --exec 'sh tests/run-one' \
	  $(UNIT) $(CRASH) $(LUA_TESTS)

.PHONY: tests-built packages-lint
tests-built: all $(UNIT) $(CRASH)

# A sanitizer build on a short suite, for every push.
QUICK_TESTS = $(UNIT) $(addprefix tests/lua/test_,core.lua kb.lua belief.lua \
              why.lua)
.PHONY: check-quick check-quick-run
check-quick:
	@$(MAKE) --no-print-directory -s -j$(JOBS) check-quick-run \
	  BUILD=$(BUILD)/asan DEBUG=1 SAN=address,undefined
check-quick-run: tests-built
	@$(TEST_ENV) prove -j$(JOBS) --exec 'sh tests/run-one' $(QUICK_TESTS)

check-asan:
	@$(MAKE) --no-print-directory test BUILD=$(BUILD)/asan DEBUG=1 \
	  SAN=address,undefined

# Some of CASES (all), TIMES times: make bench TIMES=3 CASES='reach load'; see
# tests/bench/README.md.  bench-quick checks results on small facts, no times.
TIMES ?= 1
CASES ?=
BENCH_ENV = $(TEST_ENV) LUA_PATH='tests/bench/?.lua;;'
bench: packages-test
	@$(MAKE) --no-print-directory -s -j$(JOBS) bench-built
	@$(BENCH_ENV) TIMES=$(TIMES) lua5.4 tests/bench/run.lua $(CASES)

bench-quick: packages-test
	@$(MAKE) --no-print-directory -s -j$(JOBS) bench-built
	@$(BENCH_ENV) QUICK=1 lua5.4 tests/bench/run.lua $(CASES)

.PHONY: bench-built bench-quick
bench-built: all $(BENCH) $(KERNELS)

# Random programs, games and updates against the oracle, and models evaluated
# from scratch: make oracle N=20000 SEED=1
N    ?= 20000
SEED ?= 1
oracle: packages-test all
	@$(TEST_ENV) lua5.4 tests/oracle/run.lua $(N) $(SEED)
	@$(TEST_ENV) lua5.4 tests/oracle/run.lua $$(( $(N) / 10 )) $(SEED) games
	@$(TEST_ENV) lua5.4 tests/oracle/updates.lua $$(( $(N) / 10 )) $(SEED)

lint: packages-lint
	@sh tests/lint/layers.sh
	@luacheck -q --std lua54 scripts tests
	@cppcheck --quiet --error-exitcode=1 --inline-suppr -Iengine \
	  --enable=warning,portability --suppress=missingIncludeSystem \
	  $(LIB_SRC) $(LUA_SRC) $(MAIN_SRC)

# ---- the rest --------------------------------------------------------------

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/lua/5.4 \
	  $(DESTDIR)$(PREFIX)/include $(DESTDIR)$(PREFIX)/share/doc/dragoman
	install $(BUILD)/dragoman $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(BUILD)/libdragoman.a $(DESTDIR)$(PREFIX)/lib
	install $(BUILD)/libdragoman.so $(DESTDIR)$(PREFIX)/lib/libdragoman.so.0
	ln -sf libdragoman.so.0 $(DESTDIR)$(PREFIX)/lib/libdragoman.so
	install $(BUILD)/dragoman.so $(DESTDIR)$(PREFIX)/lib/lua/5.4
	install -m 644 engine/dragoman.h $(DESTDIR)$(PREFIX)/include
	install -m 644 README.md LICENSE engine/doc/*.md \
	  $(DESTDIR)$(PREFIX)/share/doc/dragoman

clean:
	rm -rf $(BUILD)

help:
	@sed -n '3,7s/^# *//p' Makefile
	@echo 'make check-asan  every test in a sanitizer build (check-quick: some)'
	@echo 'make lint        layer rules, cppcheck, luacheck'
	@echo 'make oracle      N=20000 SEED=1: random programs against the oracle'
	@echo 'make bench       benchmark, appended to $(BUILD)/bench/history.tsv'
	@echo 'make bench-quick results of the benchmark on small facts, no times'
	@echo 'make install     PREFIX=/usr/local'

-include $(patsubst %.o,%.d,$(LIB_OBJ) $(LUA_OBJ) $(MAIN_OBJ)) \
         $(addsuffix .d,$(UNIT) $(CRASH) $(BENCH))
