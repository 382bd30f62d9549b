-- Lowering: rules of the language as flat rules. Printed in a notation of this
-- test: `h(A, f(B)) <- p(A), -q(B), ?r(B), A < 3`; `?`: not false.

local diag = require "dragoman.diag"
local grammar = require "dragoman.grammar"
local lower = require "dragoman.lower"
local schemas = require "dragoman.schema"
local tap = require "tap"
local values = require "dragoman.values"

local DECLARED = [[
relation p(x: int). relation q(x: int, y: int). relation r(x: int, y: int).
relation s(name: symbol, weight: float). term f(x). relation t(c: term).
relation w(x: int, s: float).
]]

local function name_of(rule, i)
  return rule.vars[i] == "_" and "_" .. i or rule.vars[i]
end

local function expr(rule, e)
  if e == false then return "*" end
  if e[1] == "v" then return name_of(rule, e[2]) end
  if e[1] == "c" then return values.show(e[2]) end
  local args = {}
  for i = 3, #e do args[#args + 1] = expr(rule, e[i]) end
  local mark = e[1] == "a" and "%" or e[1] == "f" and "!" or ""
  return mark .. e[2] .. "(" .. table.concat(args, ", ") .. ")"
end

local function tuple(rule, args)
  local parts = {}
  for i, arg in ipairs(args) do parts[i] = expr(rule, arg) end
  return "(" .. table.concat(parts, ", ") .. ")"
end

local function literal(rule, l)
  if l[1] == "+" then return l[2] .. tuple(rule, l[3]) end
  if l[1] == "-" then return "-" .. l[2] .. tuple(rule, l[3]) end
  if l[1] == "?" then return "?" .. l[2] .. tuple(rule, l[3]) end
  if l[1] == "cmp" then
    return expr(rule, l[3]) .. " " .. l[2] .. " " .. expr(rule, l[4])
  end
  return expr(rule, l[2]) .. " = " .. l[3] .. "{" .. (l[6] or "") .. ": "
    .. l[4] .. tuple(rule, l[5]) .. "}"
end

local function show(rule)
  local parts = {}
  for i, l in ipairs(rule.body) do parts[i] = literal(rule, l) end
  return rule.head.rel .. tuple(rule, rule.head.args)
    .. (#parts > 0 and " <- " .. table.concat(parts, ", ") or "")
end

local function lowered(text)
  local chunk, list = grammar.parse(DECLARED .. text, "test.dm")
  local schema = schemas.new()
  schema:declare_function { name = "half", nargs = 1, call = function() end }
  schema:declare_function { name = "top", aggregate = true,
    fold = function() end, result = "float" }
  schema:add_chunk(chunk, {})
  table.move(schema:finish(), 1, #schema.list, #list + 1, list)
  local low = lower.new(schema)
  schemas.each_statement(chunk, function(node)
    if node.tag == "rule" then low:rule(node, chunk, {}) end
  end)
  table.move(low.list, 1, #low.list, #list + 1, list)
  return low, list
end

local function is(text, wanted, name)
  local low, list = lowered(text)
  if #list > 0 then tap.diag(diag.format_all(list)) end
  local parts = {}
  for i, rule in ipairs(low.rules) do parts[i] = show(rule) end
  tap.is(table.concat(parts, "\n"), wanted, name or text)
end

local function refused(text, wanted, name)
  local _, list = lowered(text)
  local found = {}
  for i, d in ipairs(list) do found[i] = d.code end
  tap.is(table.concat(found, " "), wanted, name or text)
end

-- ------------------------------------------------------------------- bodies

is("a(X) if q(X, Y) and r(Y, X).", "a(X) <- q(X, Y), r(Y, X)")
is("a(X) if p(X) or q(X, _) and X > 2.",
  "a(X) <- p(X)\na(X) <- q(X, _2), X > 2", "a top-level or: two rules")
is("a(X) if q(X, Y) and (p(X) or p(Y)).",
  "a(X) <- q(X, Y), p(X)\na(X) <- q(X, Y), p(Y)", "an inner or distributes")
is("a(X) if p(X) and not q(X, 1).", "a(X) <- p(X), -q(X, 1)")
is("a(X) if p(X) and not q(X, _).",
  "a@1(X) <- q(X, _2)\na(X) <- p(X), -a@1(X)", "`_` under not")
is("a(X) if p(X) and not (q(X, Y) and r(Y, X)).",
  "a@1(X) <- q(X, Y), r(Y, X)\na(X) <- p(X), -a@1(X)",
  "a conjunction under not")
is("a(X) if p(X) and not (p(X) or X < 3).", "a(X) <- p(X), -p(X), X >= 3",
  "not over or, and over a comparison")
is("a(X) if p(X) and not not p(X).", "a(X) <- p(X), p(X)", "two nots")
is("a(X) if p(X) and not (q(X, Y) and not (r(Y, Z) and p(Z))).",
  "a@2(Y) <- r(Y, Z), p(Z)\na@1(X) <- q(X, Y), -a@2(Y)\n"
  .. "a(X) <- p(X), -a@1(X)", "nots in nots")
is("a(X) if q(X, Y) and not (p(Z) and Z > Y).",
  "a@1(Y) <- ?q(X, Y), p(Z), Z > Y\na(X) <- q(X, Y), -a@1(Y)",
  "a test of an outer variable brings its atoms along")
is("a(X) if p(X) and not q(X + 1, _).",
  "a@1(computed1) <- q(computed1, _2)\na(X) <- p(X), -a@1(!+(X, 1))",
  "what is computed is computed outside")
is("a(X) if q(X, Y) and p(Y) and not (p(Z) and Z > Y).",
  "a@1(Y) <- ?q(X, Y), p(Z), Z > Y\na(X) <- q(X, Y), p(Y), -a@1(Y)",
  "and as few as will do")
is("a(X) if r(_, X) and q(X + 1, Y) and not (p(Z) and Z > Y).",
  "a@1(Y) <- ?q(!+(X, 1), Y), ?r(_3, X), p(Z), Z > Y\n"
  .. "a(X) <- r(_1, X), q(!+(X, 1), Y), -a@1(Y)",
  "with what their arguments are computed from")
is("-a(X) if p(X).", "-a(X) <- p(X)", "an explicit negative in the head")
is("a(X) if p(X) and -p(X).", "a(X) <- p(X), -p(X)",
  "an explicit negative in the body is an atom of -p")

local low = lowered "a(X) if p(X) and -p(X)."
tap.is(low.rules[1].body[2][1], "+", "and positive at that")
local ors = {}
for i = 1, 5 do ors[i] = "(p(X) or q(X, " .. i .. "))" end
low = lowered("a(X) if p(X) and " .. table.concat(ors, " and ") .. ".")
tap.is(#low.rules, 11, "too many ors: one auxiliary relation for each")

-- ----------------------------------------------- negation (Lloyd and Topor)

is("a(X) if p(X) and not (q(X, 1) and not r(X, 2)).",
  "a(X) <- p(X), -q(X, 1)\na(X) <- p(X), r(X, 2)",
  "what shares no local variable goes apart")
is("a(X) if p(X) and not (q(X, _) and r(X, _)).",
  "a@1(X) <- q(X, _2)\na(X) <- p(X), -a@1(X)\n"
  .. "a@2(X) <- r(X, _2)\na(X) <- p(X), -a@2(X)", "`_` is shared by nothing")
is("a(X) if p(X) and not (q(X, Y) and r(X, Z)).",
  "a@1(X) <- q(X, Y)\na(X) <- p(X), -a@1(X)\n"
  .. "a@2(X) <- r(X, Z)\na(X) <- p(X), -a@2(X)", "nor is a named variable")
is("a(X) if p(X) and not (q(X, Y) and p(Y) and not (p(X) or X > 2)).",
  "a@1(X) <- q(X, Y), p(Y)\na(X) <- p(X), -a@1(X)\n"
  .. "a(X) <- p(X), p(X)\na(X) <- p(X), X > 2",
  "what shares a local variable stays together")
is("a(X) if p(X) and not (q(X, Y) and (r(Z, 1) and q(Z, Y)) and p(X)).",
  "a@1(X) <- q(X, Y), r(Z, 1), q(Z, Y)\na(X) <- p(X), -a@1(X)\n"
  .. "a(X) <- p(X), -p(X)", "also through another conjunct")
is("a(X) if p(X) and not (q(X, Y) or r(X, Y) and p(Y)).",
  "a@1(X) <- q(X, Y)\na@2(X) <- r(X, Y), p(Y)\n"
  .. "a(X) <- p(X), -a@1(X), -a@2(X)", "alternatives have their own variables")
is("a(X) if p(X) and not (not q(X, Y) or not r(X, Y)).",
  "a(X) <- p(X), q(X, Y), r(X, Y)", "even when they end up as atoms")
tap.ok((function()
  local vars = lowered("a(X) if p(X) and not (not q(X, Y) or not r(X, Y)).")
    .rules[1].vars
  return #vars == 3 and vars[2] == vars[3]
end)(), "two variables of one name, that is")
is("a(X) if q(X, Y) and not X < Y.", "a(X) <- q(X, Y), X >= Y",
  "a comparison turns round")
is("a(X) if t(X) and not X = f(_).",
  "a@1(X) <- ?t(X), X = f(_2)\na(X) <- t(X), -a@1(X)",
  "but none with a local variable")
is("a(X) if p(X) and not min{ Y : q(X, Y) } < 3.",
  "a@1(X) <- ?p(X), _2 = min{2: q(X, *)}, _2 < 3\na(X) <- p(X), -a@1(X)",
  "and none of an aggregate, which may have no value")
is("a(X, count()) if p(X) and not not q(X, 1).",
  "a(X, %count()) <- p(X), q(X, 1)", "two nots below an aggregate")
is("a(X, count()) if p(X) and not not q(X, _).",
  "a@1(X) <- q(X, _2)\na(X, %count()) <- p(X), a@1(X)",
  "where instances of their own don't count")
is("a(X, count()) if q{x = X} and not (p(X) and p(1)).",
  "a@1(X, _2) <- q(X, _2), -p(X)\na@1(X, _2) <- q(X, _2), -p(1)\n"
  .. "a(X, %count()) <- a@1(X, _2)", "columns left out count")
local many = {}
for i = 1, 5 do many[i] = ("not (q(X, %d) and r(X, %d))"):format(i, i) end
low = lowered("a(X) if p(X) and " .. table.concat(many, " and ") .. ".")
tap.is(#low.rules, 11, "too many: an auxiliary relation of negations each")
tap.is(show(low.rules[1]) .. "\n" .. show(low.rules[11]),
  "a@1(X) <- ?p(X), -q(X, 1)\n"
  .. "a(X) <- p(X), a@1(X), a@2(X), a@3(X), a@4(X), a@5(X)",
  "which is not negated itself")

-- -------------------------------------------------------------- expressions

is("a(X, f(X + 1)) if p(X).", "a(X, f(!+(X, 1))) <- p(X)")
is("a(N) if s(N, 1).", "a(N) <- s(N, 1.0)", "a constant takes a float column")
is("a(S) if s{weight = S}.", "a(S) <- s(_1, S)", "named columns")
is("a(X) if t(f(X)).", "a(X) <- t(f(X))", "a pattern")
is("a(X) if t(p(X) and not q(X, 2)).",
  "a(X) <- t(and(p(X), not(q(X, 2))))", "a formula is a term")
is("a(half(X)) if p(X).", "a(!half(X)) <- p(X)", "a function")
is("a(X) if p(X) and X = -3 mod 2 - 1.",
  "a(X) <- p(X), X = !-(!mod(-3, 2), 1)", "arithmetic")
is("a(D) if p(_) and D = 2021-04-13.", "a(D) <- p(_1), D = 2021-04-13")

-- --------------------------------------------------------------- aggregates

is("a(X, count()) if q(X, _).", "a(X, %count()) <- q(X, _2)")
is("a(sum(Y)) if q(1, Y) or r(1, Y).",
  "a@1(Y) <- q(1, Y)\na@1(Y) <- r(1, Y)\na(%sum(Y)) <- a@1(Y)",
  "a head aggregate over an or reads one relation")
is("a(count()) if q(_, X) and (p(X) or p(3)).",
  "a@1(_1, X) <- q(_1, X), p(X)\na@1(_1, X) <- q(_1, X), p(3)\n"
  .. "a(%count()) <- a@1(_1, X)", "`_` is part of an instance")
is("a(X, top(S)) if w(X, S).", "a(X, %top(S)) <- w(X, S)",
  "a registered aggregate")
is("a(N) if N = count{ q(_, _) }.", "a(N) <- N = count{: q(*, *)}")
is("a(X, N) if p(X) and N = sum{ Y : q(X, Y) }.",
  "a(X, N) <- p(X), N = sum{2: q(X, *)}", "braces around one atom")
is("a(X, N) if p(X) and N = sum{ Y * 2 : q(X, Y) }.",
  "a@1(X, Y, !*(Y, 2)) <- q(X, Y)\n"
  .. "a(X, N) <- p(X), N = sum{3: a@1(X, *, *)}", "a computed value")
is("a(X, N) if p(X) and N = count{ q(Y, Z), Z > X }.",
  "a@1(X, Y, Z) <- ?p(X), q(Y, Z), Z > X\n"
  .. "a(X, N) <- p(X), N = count{: a@1(X, *, *)}", "a test inside braces")
is("a(X) if p(X) and 2 < count{ q(X, _) }.",
  "a(X) <- p(X), _2 = count{: q(X, *)}, 2 < _2", "an aggregate in a test")
is("a(N) if N = count{ X : q(X, X) }.",
  "a@1(X) <- q(X, X)\na(N) <- N = count{1: a@1(*)}",
  "a variable twice in braces")

-- ------------------------------------------------------------------ refused

refused("a(X) if pp(X).", "E202", "an unknown relation")
refused("a(X) if f(X).", "E202", "a constructor is no condition")
refused("a(X) if q(X).", "E203", "the wrong arity")
refused("a(g(X)) if p(X).", "E215", "an unknown term")
refused("a(half(X, 1)) if p(X).", "E203", "the arity of a function")
refused("a(X) if q{z = X}.", "E207", "an unknown column")
refused("usually a(X) if p(X).", "E502")
refused("0.5 :: a(X) if p(X).", "E501")
refused("a(X) if p(X) during 2021-01-01..2021-02-01.", "E504")
refused("a(X) if p(X) and d\"2021~\" = X.", "E505")
refused("a(X) if p(X) and X = mode{ q(X, _) }.", "E223")

-- ---------------------------------------------------------------- the table

local plain = lowered("r1: a(X) if q(X, Y), not q(Y, _).\nb(X) if a(X).")
local found = plain:program()
tap.is(found.rules[2].name, "r1", "a label names the rule")
tap.is(found.rules[2].user, found.rules[1].user,
  "flat rules know the user's rule")
local span = found.rules[2].span
tap.is(found.files[span[1]] .. ":" .. span[2] .. ":" .. span[3], "test.dm:4:1",
  "and where it stands")
local aux
for _, relation in ipairs(found.relations) do
  if relation.aux then aux = relation end
end
tap.is(aux.name, "a@1", "auxiliary relations are marked")
tap.is(plain.aux["a@1"].kind, "not", "and remembered for proofs")

local goal_chunk = { name = "goal", text = "q(X, Y) and Y > 1" }
local name, vars = plain:goal(grammar.parse_formula(goal_chunk.text),
  goal_chunk)
tap.is(show(plain.rules[#plain.rules]), name .. "(X, Y) <- q(X, Y), Y > 1",
  "a goal is a rule over its variables")
tap.is(table.concat(vars, " "), "X Y", "in order of appearance")

tap.done()
