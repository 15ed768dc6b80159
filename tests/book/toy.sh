# shellcheck shell=sh disable=SC2154
# A small book of two steps, for tests that spoil it or count what making it takes.
# Sourced from the top of the repository, after lib.sh.

unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
toy=$PWD/$work/toy
fresh=$PWD/$work/fresh

# The steps' "compiler" refuses the word BROKEN; "running" prints what is in quotes.
write_toy() {
    mkdir -p "$fresh/tests/claims" "$fresh/step01-one" "$fresh/step02-two" \
        "$fresh/chapters/01-one" "$fresh/chapters/02-two" "$fresh/book"
    cp book/*.* "$fresh/book"
    cp -r tests/book "$fresh/tests"
    cd "$fresh" || exit 1
    cat >step01-one/Makefile <<'EOF'
program: $(wildcard *.c)
	@! grep BROKEN main.c
	@cp main.c program

run: program
	@sed -n 's/.*"\(.*\)".*/\1/p' program
EOF
    cp step01-one/Makefile step02-two
    cat >step01-one/main.c <<'EOF'
/* says
   a port */
static void say(void)
{
	puts("port 4711 & <done> in 12 ms");
}

int main(void)
{
    say();
}
EOF
    cat >step02-two/main.c <<'EOF'
#include "two.h"

/* says
   a port */
static void say(void)
{
	puts("port 4711 & <done> in 12 ms");
}

static void add(void)
{
    puts("more");
}

int main(void)
{
    add();
    say();
}
EOF
    echo 'int two;' >step02-two/two.h
    echo 'int main(void) { return 0; }' >tests/claims/zero.c
    cat >chapters/01-one/chapter.md <<'EOF'
---
title: One
description: The first step.
---

## The Makefile {#makefile}

::: {.code file=Makefile}
The Makefile. [It is short]{.claim program=zero}; see [the next](../02-two/chapter.md#more).
:::

::: {.code file=main.c fn=main}
Main.
:::

::: checkpoint
Nothing yet.
:::

::: {.code file=main.c fn=say}
Say.
:::

::: {.checkpoint run=said}
Run it.
:::
EOF
    cat >chapters/02-two/chapter.md <<'EOF'
---
title: Two
description: The second step.
---

## More {#more}

::: {.code file=main.c fn=add}
Add, [as before](#more).
:::

::: {.code file=two.h}
[]{.also file=main.c line='#include "two.h"'}

Two.
:::

::: checkpoint
Nothing yet.
:::

::: {.code file=main.c fn=main}
Call it.
:::

::: {.checkpoint run=said mask="mo+re"}
Run it.
:::
EOF
    echo 'port 1 & <done> in 9999 ms' >chapters/01-one/said.out
    printf 'two.h\nport 1 & <done> in 3.5 ms\nmoore\n' >chapters/02-two/said.out
    cd "$OLDPWD" || exit 1
}

# toy: a copy of the sound book that may be spoilt.
new_toy() { rm -rf "$toy" && cp -r "$fresh" "$toy"; }
