#!/bin/sh
# Benchmark: whole-process seconds and peak memory of build/dragoman.
#
#   sh tests/bench/run.sh [CASE ...]
#
# Each case is a program of tests/bench/programs over facts that gen.lua makes
# once (under $BUILD/bench/data); its row counts must be those of counts.tsv.
# Other facts are used with BENCH_DATA=FOLDER (FOLDER/CASE/*.facts, counts from
# $BENCH_COUNTS if set); cases without facts are left out.  Further cases: load
# (a table of 10 million rows into a store), reopen (that store opened and
# scanned), startup (and question: one fact is asked for), demo, parse
# (parse.lua), and the programs engine (bench_eval) and store (bench_store),
# which print their own figures.
# TIMES=3 runs all of it three times and prints the medians.  Every result is
# appended to $BUILD/bench/history.tsv: date, commit, case, seconds, peak MB,
# threads, seconds of processor time.
set -e
cd "$(dirname "$0")/../.."
BUILD=${BUILD:-$PWD/build}
DRAGOMAN=${DRAGOMAN:-$BUILD/dragoman}
THREADS=${THREADS:-$(nproc)}
TIMES=${TIMES:-1}
HERE=tests/bench
OUT=$BUILD/bench
DATA=${BENCH_DATA:-$OUT/data}
COUNTS=${BENCH_COUNTS:-$HERE/counts.tsv}
HISTORY=$OUT/history.tsv
CASES="tc_rand tc_chain tc_wiki sg_tree andersen cspa galen reach sssp agg neg \
bulk load reopen startup demo parse engine store"
commit=$(git rev-parse --short HEAD 2>/dev/null || echo none)
failed=0
mkdir -p "$OUT"
# Our own folder for what a run writes, removed in the end.
work=$(mktemp -d "$OUT/run.XXXXXX")
trap 'rm -f "$work"/*; rmdir "$work"' EXIT

# facts CASE: see to its facts; false when there are none.
facts() {
  [ -d "$DATA/$1" ] && return 0
  [ -z "$BENCH_DATA" ] || return 1
  mkdir -p "$DATA/$1.part"
  if lua5.4 $HERE/gen.lua "$DATA/$1.part" "$1" 2> /dev/null; then
    mv "$DATA/$1.part" "$DATA/$1"
  else
    rmdir "$DATA/$1.part"
    return 1
  fi
}

# run CASE COMMAND …: measure it, print and keep the numbers.
run() {
  name=$1
  shift
  if "$OUT/measure" "$work/numbers" "$@" > "$work/out" 2> "$work/err"; then
    read -r seconds megabytes cpu < "$work/numbers"
    printf '%-10s %9s s %7s MB %9s s cpu  %s\n' "$name" "$seconds" \
      "$megabytes" "$cpu" \
      "$(tr '\t\n' '  ' < "$work/out" | cut -c 1-60)"
    printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' \
      "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$commit" "$name" "$seconds" \
      "$megabytes" "$THREADS" "$cpu" >> "$HISTORY"
  else
    printf '%-10s failed\n' "$name"
    cat "$work/err"
    failed=1
    return 1
  fi
}

# The rows printed must be those written down for the case.
check() {
  awk -F '\t' -v c="$1" '$1 == c { print $2 "\t" $3 }' "$COUNTS" \
    > "$work/wanted"
  if ! cmp -s "$work/wanted" "$work/out"; then
    echo "$1: wanted these counts:"
    cat "$work/wanted"
    failed=1
  fi
}

program() {
  if facts "$1"; then
    run "$1" "$DRAGOMAN" eval $HERE/programs/"$1".dm -F "$DATA/$1" --count \
      -j "$THREADS" && check "$1"
  else
    printf '%-10s left out: no facts\n' "$1"
  fi
}

load() {
  facts bulk || return 0
  rm -f "$OUT/bulk.store" "$OUT/bulk.store-lock"
  echo 'relation f(x: int, y: int).' > "$work/f.dm"
  "$DRAGOMAN" load "$OUT/bulk.store" "$work/f.dm" > "$work/out" 2>&1
  cp "$DATA/bulk/f.facts" "$work/f.tsv"
  run load "$DRAGOMAN" load "$OUT/bulk.store" "$work/f.tsv" --relation f
}

reopen() {
  [ -f "$OUT/bulk.store" ] || load
  run reopen "$DRAGOMAN" query "$OUT/bulk.store" 'N = count{ f(_, _) }'
}

# The program alone, then a question to a knowledge base of one fact.
startup() {
  : > "$work/empty.lua"
  printf 'relation p(x: int).\np(1).\n' > "$work/p.dm"
  run startup "$DRAGOMAN" run "$work/empty.lua"
  rm -f "$work"/p.store*
  "$DRAGOMAN" load "$work/p.store" "$work/p.dm" > "$work/out" 2>&1
  run question "$DRAGOMAN" query "$work/p.store" 'p(X)'
}

# Programs that print figures of their own, a line each.
figures() {
  run "$@" && cat "$work/out"
}

one() {
  case $1 in
  load) load ;;
  reopen) reopen ;;
  startup) startup ;;
  demo) run demo "$DRAGOMAN" run scripts/talks.lua kb/afghanistan-2021 ;;
  parse) run parse "$DRAGOMAN" run $HERE/parse.lua ;;
  engine) figures engine "$OUT/bench_eval" ;;
  store) figures store "$OUT/bench_store" 10000000 "$OUT" ;;
  *) program "$1" ;;
  esac
}

# Medians of the last lines of the history, from line $1 on.
medians() {
  tail -n "+$1" "$HISTORY" | sort -t "$(printf '\t')" -k 3,3 -k 4,4n \
    | awk -F '\t' '
      function median() {
        m = int((n + 1) / 2)
        if (n) printf "%-10s %9s s %7s MB %9s s cpu  (%d runs)\n", name, \
          second[m], peak[m], cpu[m], n
      }
      $3 != name { median(); name = $3; n = 0 }
      { second[++n] = $4; peak[n] = $5; cpu[n] = $7 }
      END { median() }'
}

touch "$HISTORY"
first=$(($(wc -l < "$HISTORY") + 1))
echo "load average: $(cut -d ' ' -f 1-3 /proc/loadavg 2> /dev/null)"
i=0
while [ "$i" -lt "$TIMES" ]; do
  for case in ${*:-$CASES}; do
    one "$case" || true
  done
  i=$((i + 1))
done
if [ "$TIMES" -gt 1 ]; then
  echo "medians of $TIMES:"
  medians "$first"
fi
exit $failed
