-- What is read without the grammar is what the grammar reads.

local grammar = require "dragoman.grammar"
local short = require "dragoman.short"
local tap = require "tap"

-- A formula that is not plain makes the grammar ready; it reads all from then.
assert(grammar.parse_formula "a(X) and X > 1")

local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then
    return a == b and math.type(a) == math.type(b)
  end
  for key, value in pairs(a) do
    if not same(value, b[key]) then return false end
  end
  for key in pairs(b) do if a[key] == nil then return false end end
  return true
end

-- Does the grammar agree, where there is something to agree with?
local function agrees(text)
  local node, stop = short.read("statement", text, 1)
  if node then
    local chunk, list = grammar.parse(text:sub(1, stop - 1), "text")
    if #list > 0 or #chunk ~= 1 or not same(node, chunk[1]) then
      return false, "statement"
    end
  end
  local asked = short.read("goal", text, 1)
  if asked then
    local whole, list = grammar.parse_formula(text, "goal")
    if #list > 0 or not same(asked, whole) then return false, "goal" end
  end
  return true, (node or asked) ~= nil
end

-- --------------------------------------------------------------- by example

local PLAIN = { "p.", "p(1).", "p(a, \"b c\", -3).", " p ( a , b ) .",
  "relation r.", "state s(who: actor, at : int).", "event e(x).",
  "import f from \"f.tsv\".", "import f(x: int, y) from \"f.csv\".",
  "relation(a) if state(b).", "p(X, _) if q(X, _Y) and not r(X), s.",
  "p if not q.", "import(X) if event(X).", "d(7).", "p(0).", "p(007)." }
for _, text in ipairs(PLAIN) do
  local fine, plain = agrees(text)
  tap.ok(fine and plain == true, text)
end
for _, text in ipairs { "p(7, X)", "p($x, Y).", "p", " p(_, \"\") . " } do
  tap.ok(short.read("goal", text, 1) and agrees(text), "asked: " .. text)
end

-- What is wrong, or more than plain, is left to the grammar.
local OTHER = { "p(X).", "p(", "p(1)", "p(1).q", "p(1.5).", "p(2021-04-13).",
  "p(\"a\\n\").", "p(99999999999999999999).", "count(1).", "p(if).",
  "p(X) if count(X).", "p(X) if q(X) and X > 1.", "p(f(1)).", "relation if.",
  "relation r(x: int) key (x).", "import f from \"f\" { csv }.", "p().",
  "never p(1).", "a: p(X) if q(X).", "p(12ab).", "p(d\"2021\").", "p(a b).",
  "p(1,).", "p($x).", "p(X) :- q(X).", "in s { p. }", "p -- why\n(1).",
  ("p(%s)."):format(("1, "):rep(100) .. "1") }
for _, text in ipairs(OTHER) do
  tap.ok(not short.read("statement", text, 1), "not plain: " .. text:sub(1, 40))
end
for _, text in ipairs { "p(7, X) and q(X)", "not p(1)", "p(X).q", "-p(1)",
    "p(1). p(2).", "p{x = 1}" } do
  tap.ok(not short.read("goal", text, 1), "not asked so: " .. text)
end

-- ---------------------------------------------------------------- at random

math.randomseed(20261128)

local BITS = { "p", "q(", "X", "_", "a", "1", "-2", "3.5", "\"s\"", ",", ")",
  "(", ".", " ", "\n", "if ", " and ", "not ", "relation ", "import ",
  "from ", ":", "int", "$x", "--", "\t", "count", "or ", "2021-01-02", ";",
  "if", "d\"", "\\", "\v", "{", "}", "=", "\u{e9}", "state" }

local function mutate(text)
  for _ = 1, math.random(0, 3) do
    local at = math.random(0, #text)
    local bit = BITS[math.random(#BITS)]
    text = text:sub(1, at) .. bit .. text:sub(at + 1 + math.random(0, 1)
      * math.random(0, 3))
  end
  return text
end

local N, read = 20000, 0
for i = 1, N do
  local text = mutate(PLAIN[math.random(#PLAIN)])
  local fine, plain = agrees(text)
  if plain == true then read = read + 1 end
  if not fine then
    tap.ok(false, ("text %d, %s: %q"):format(i, plain, text))
    break
  end
end
tap.ok(read > N // 4, ("%d of %d random texts are read alike"):format(read, N))
tap.done()
