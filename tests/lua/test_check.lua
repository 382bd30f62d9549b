-- dragoman check: mistakes and gaps; how the core's codes are worded.

local check = require "dragoman.check"
local diag = require "dragoman.diag"
local messages = require "dragoman.messages"
local sample = require "sample"
local tap = require "tap"

-- The diagnostics of a text, as "CODE:LINE" in order.
local function codes(text, options)
  local kb, message, _, list = sample.open(text)
  if not kb then
    if not list then tap.diag(message) end
  else
    list = assert(check.kb(kb, options))
    kb:close()
  end
  local found = {}
  for i, d in ipairs(diag.sort(list)) do
    found[i] = d.code .. ":" .. (d.line or 0)
  end
  return table.concat(found, " "), list
end

local function is(text, wanted, name, options)
  local got, list = codes(text, options)
  if not tap.is(got, wanted, name) then tap.diag(diag.format_all(list)) end
  return list
end

is("relation p(x: int). source s { published = 2021-01-01 }.\np(1) in s.", "",
  "nothing to say of a sound base")
is("relation p(x: int).\np(1).", "W601:2", "a fact that rests on nothing")
is("relation p(x: int).\np(1) judged by me.", "", "a judgement will do")
local list = is("source s { published = 2021-01-01 }.\nrelation edge(x: int)."
  .. "\nedgy(1) in s.", "W603:3", "a relation nobody declared")
tap.is(list[1].hint, "did you mean `edge`?", "with a suggestion")
is("relation e(x: int).\nb(X) if e(X).", "W603:2",
  "a derived relation that nobody declared")
is([[actor a "A".
source s { published = 2021-01-01, paragraphs = 6, silent = "2, 6" }.
in s { c1 para 1: a refuses a. c4 para 4: reporter states refuses(a, a). }]],
  "W602:2", "paragraphs that no claim covers")
list = is([[relation p(x: int). relation q(x: int).
source s { published = 2021-01-01 }.
p(1) in s. q(1) in s. p(2) in s.
never p(X) and q(X).]], "W604:4", "a constraint that the facts break")
tap.like(list[1].message, "X = 1", "and where")
list = is([[actor a "A" in old.
source old { published = 2021-01-01 }. source new { published = 2021-02-01 }.
in new { c1: a refuses a. }]], "W606:0", "what a view hides",
  { at = "2021-01-15", known_by = "2021-01-15" })
tap.like(list[1].message, "hides 2 statements: 2 published later", "counted")
tap.like(list[1].hint, "new.c1", "and listed")

-- ----------------------------------------------------------- rules: the core

local D = "relation e(x: int, y: int). relation n(s: symbol). "
  .. "relation a(x: int).\n"
is(D .. "a(X) if not e(X, 1).", "E310:2", "an unsafe variable")
is(D .. "a(X) if e(X, _) and n(X).", "E306:2",
  "types that don't go together")
is(D .. "a(X) if e(X, _) and n(S) and X < S.", "E307:2",
  "a comparison of two types")
is(D .. "a(X + 1) if n(X).", "E308:2", "arithmetic with a symbol")
is(D .. "a(count()) if a(N) and e(N, _).", "E311:2",
  "an aggregate over itself")
is(D .. "a(N + 1) if e(N, _). a(N + 1) if a(N).", "W315:2",
  "a recursion that may not end")
is(D .. "actor a \"A\". today(X) if e(X, _).", "E302:2 E306:2",
  "a rule for a system relation")
is("relation label(x: int). relation length(x: int). label(X) if length(X)."
  .. "\nlength(1) judged by me.", "",
  "where nothing is claimed the engine's names are free")
is("actor a \"A\".\nrelation length(x: int).", "E201:2",
  "a built-in function is no relation")
list = is(D .. "a(X) if e(X, Y).", "W317:2", "a variable that occurs once")
tap.is(list[1].message, "Y occurs once in this rule for a", "and is named")
list = is(D .. "a(X) if e(X, _)\n  and not n(X).", "E306:3",
  "the place is that of the literal")
tap.like(diag.format(list[1]), "and not n%(X%)%.\n +%^", "shown with a caret")

-- -------------------------------------------------------------- not evaluated

is(D .. "usually a(X) if e(X, _).\nblocks a(X) if e(_, X).", "E502:2 E502:3",
  "all mistakes in one go")
is(D .. "0.5 :: a(X) if e(X, _).", "E501:2", "a probability")
is(D .. "r1: a(X) if e(X, _). r2: a(X) if e(_, X). r1 beats r2.", "E503:2",
  "a priority")

-- ----------------------------------------------------------------- the wording

local worded = messages.from_core({ code = "arity", severity = "error",
  names = { "p@3", "2", "1" } }, {})
tap.is(worded.message, "p takes 2 arguments, here it has 1",
  "names of auxiliary relations are the user's")
worded = messages.from_core({ code = "no-such-code", names = { "x" } }, {})
tap.is(worded.code, "E399", "an unknown code still makes a diagnostic")
local seen = {}
for _, entry in pairs(messages.checker) do
  tap.ok(not seen[entry[1]] and diag.codes[entry[1]],
    entry[1] .. " is registered, once")
  seen[entry[1]] = true
end

tap.done()
