-- From claims to facts: the rules that lowering adds for the relations that
-- claims speak of. What is believed is decided by a rule module that derives
-- `believed` (scripts/rules/belief.lua); without one nothing is added here.
--
-- In the first stratum, read by the policy:
--   about(C, A)        the first actor column of the claim's atom
--   clash(C, D)        atoms that break a key, a `never`, or deny each other
--   claim_depends(C)   the claim has a condition
-- After it:
--   r(X) and -r(X)     where a believed claim asserts it and its conditions
--                      allow: `until K` while not satisfied(K), `if K` once
--                      satisfied(K), `only if K` never by itself
--   r(K, V) of a state with a key holds while no later value is there; stored
--                      facts (r@begun) and claims compete by their first day
--   satisfied(K), asked(K)  for the terms that conditions and contents name
--
-- Rules are made as syntax trees and lowered like the user's.

local values = require "dragoman.values"

local M = {}

local CHUNK = { tag = "chunk", name = "claims to facts", text = "",
  generated = true }
M.chunk = CHUNK

-- -------------------------------------------------------------------- trees

local function node(tag, fields)
  fields.tag, fields.pos, fields.stop = tag, 1, 1
  return fields
end

local function var(name) return node("var", { name = name }) end

local ANY = node("anon", {})

local function constant(value) return node("constant", { value = value }) end

local function atom(name, args)
  local negative = name:sub(1, 1) == "-"
  return node("atom", { name = negative and name:sub(2) or name, args = args,
    negative = negative })
end

-- claim{id = C, …} from pairs of column and node.
local function claim(columns)
  local named = {}
  for _, pair in ipairs(columns) do
    named[#named + 1] = { name = pair[1], value = pair[2], pos = 1, stop = 1 }
  end
  return node("atom", { name = "claim", named = named, negative = false })
end

local function negated(formula) return node("not", { formula }) end

local function conjunction(parts)
  if #parts == 1 then return parts[1] end
  return node("and", parts)
end

local function compare(op, left, right)
  return node("compare", { op = op, left = left, right = right })
end

-- A term in an argument: r(X, Y), or the bare name when there are no columns.
local function pattern(name, args)
  if #args == 0 and name:sub(1, 1) ~= "-" then return constant(name) end
  local negative = name:sub(1, 1) == "-"
  return node("call", { name = negative and name:sub(2) or name, args = args,
    negative = negative })
end

local function variables(prefix, n)
  local list = {}
  for i = 1, n do list[i] = var(prefix .. i) end
  return list
end

-- --------------------------------------------------------------- collecting

local Generator = {}
Generator.__index = Generator

function Generator:rule(name, phase, head, ...)
  local body = { ... }
  self.low:rule(node("rule", { mode = "strict", head = head,
    body = #body > 0 and conjunction(body) or nil }), CHUNK,
    { generated = true, name = name, phase = phase })
end

-- Name and arguments of a term that may be an atom.
local function functor(value)
  if values.type(value) == "term" then return value.name, #value end
  if type(value) == "string" then return value, 0 end
end

-- The relation that a functor stands for, if it has as many columns.
function Generator:entry(name, arity)
  local negative = name:sub(1, 1) == "-"
  local plain = negative and name:sub(2) or name
  local entry = self.low.schema:find(plain)
  if entry and #entry.columns == arity and entry.input ~= "system" then
    return entry
  end
end

-- What is claimed: relation -> {pos=, neg=, conditional = {claims}}.
function Generator:collect(claims)
  for _, st in ipairs(claims) do
    local name, arity = functor(st.atom)
    local entry = name and self:entry(name, arity)
    if entry then
      local found = self.claimed[name]
      if not found then
        found = { name = name, entry = entry, conditional = {} }
        self.claimed[name] = found
        self.claimed[#self.claimed + 1] = found
      end
      if st.sign < 0 then found.neg, self.denials = true, true
      else found.pos = true end
      if st["if"] or st.only_if or st["until"] then
        found.conditional[#found.conditional + 1] = st
        self.conditional = true
      end
    end
    self:collect_terms(st)
  end
  table.sort(self.claimed, function(a, b) return a.name < b.name end)
end

-- Functors of terms that somebody may ask about, also inside and, or, not.
function Generator:collect_term(value)
  local name, arity = functor(value)
  if not name then return end
  local key = name .. "/" .. arity
  if not self.terms[key] then
    self.terms[key] = true
    self.terms[#self.terms + 1] = { name = name, arity = arity, key = key }
  end
  if name == "and" or name == "or" or name == "not" then
    for _, part in ipairs(value) do self:collect_term(part) end
  end
end

local MODES = { "if", "only_if", "until" }

function Generator:collect_terms(st)
  self:collect_term(st.content)
  for _, mode in ipairs(MODES) do
    for _, condition in ipairs(st[mode] or {}) do
      self:collect_term(condition)
    end
  end
end

-- ------------------------------------------------------------- first stratum

function Generator:about(found)
  for i, column in ipairs(found.entry.columns) do
    if column.type == "actor" then
      local args = {}
      for j = 1, #found.entry.columns do args[j] = ANY end
      args[i] = var "A"
      self:rule("whom a claim is about", "belief",
        atom("about", { var "C", var "A" }),
        claim { { "id", var "C" }, { "atom", pattern(found.name, args) } })
      return
    end
  end
end

function Generator:clash(name, ...)
  self:rule(name, "belief", atom("clash", { var "C1", var "C2" }), ...)
end

local function says(id, name, args, sign)
  return claim { { "id", var(id) }, { "atom", pattern(name, args) },
    { "sign", constant(sign) } }
end

function Generator:denial()
  if not self.denials then return end
  for _, signs in ipairs { { "pos", "neg" }, { "neg", "pos" } } do
    self:clash("a claim and its denial",
      claim { { "id", var "C1" }, { "atom", var "X" },
        { "sign", constant(signs[1]) } },
      claim { { "id", var "C2" }, { "atom", var "X" },
        { "sign", constant(signs[2]) } })
  end
end

-- Two claims that give one key two values.
function Generator:broken_key(found)
  local entry = found.entry
  if not found.pos or not entry.key or #entry.key == 0
    or #entry.key == #entry.columns then return end
  local n = #entry.columns
  local one, other, differs = variables("X", n), variables("Y", n), {}
  for _, i in ipairs(entry.key) do other[i] = one[i] end
  for i = 1, n do
    if other[i] ~= one[i] then
      differs[#differs + 1] = compare("!=", one[i], other[i])
    end
  end
  local test = #differs == 1 and differs[1] or node("or", differs)
  self:clash("two values of one key", says("C1", found.name, one, "pos"),
    says("C2", found.name, other, "pos"), test)
end

-- The literals of a `never`, if it is one conjunction.
local function literals(body)
  if body.tag ~= "and" then return { body } end
  return body
end

-- May a belief rule read the literal as it stands?
function Generator:is_early(literal, scope)
  local inner = literal.tag == "not" and literal[1] or literal
  if inner.tag == "compare" then return true end
  local entry = inner.tag == "atom" and self.low.schema:find(inner.name, scope)
  return entry and entry.asserted or false
end

local function as_claim(id, literal)
  local name = (literal.negative and "-" or "") .. literal.name
  local sign = literal.negative and "neg" or "pos"
  return says(id, literal.negative and literal.name or name,
    literal.args or {}, sign)
end

function Generator:is_claimed(literal)
  if literal.tag ~= "atom" or literal.named then return false end
  local found = self.claimed[literal.name]
  if not found or #found.entry.columns ~= #literal.args then return false end
  return literal.negative and found.neg or not literal.negative and found.pos
end

-- Two claims that a `never` forbids together; what else it names must be
-- there before belief.
function Generator:never(never)
  local parts = literals(never.node.body)
  for i, one in ipairs(parts) do
    for j, other in ipairs(parts) do
      if i ~= j and self:is_claimed(one) and self:is_claimed(other) then
        local body, early = { as_claim("C1", one), as_claim("C2", other) },
          true
        for k, rest in ipairs(parts) do
          if k ~= i and k ~= j then
            early = early and self:is_early(rest, never.owner.scope)
            body[#body + 1] = rest
          end
        end
        body[#body + 1] = compare("!=", var "C1", var "C2")
        if early then
          self:clash("claims that exclude each other", table.unpack(body))
        end
      end
    end
  end
end

-- ---------------------------------------------------------------- the facts

-- A state with a key keeps its values with their first days.
function Generator:value_relation(found)
  local schema, entry = self.low.schema, found.entry
  local columns = {}
  for i, column in ipairs(entry.columns) do
    columns[i] = { name = column.name, type = column.type }
  end
  columns[#columns + 1] = { name = "begins", type = "date" }
  local past = {}
  for i, k in ipairs(entry.key) do past[i] = columns[k] end
  past[#past + 1] = columns[#columns]
  local function put(suffix, input, cols, of)
    schema:put { name = entry.name .. suffix, kind = of and "state"
      or "relation", columns = cols, input = input, of = of, builtin = true,
      aux = true, key = of and entry.key or nil }
  end
  put("@begun", "begun", columns, entry.name)
  put("@value", "none", columns)
  put("@past", "none", past)
  self.low.inputs[entry.name] = "none"
end

function Generator:supersede(found)
  local entry = found.entry
  self:value_relation(found)
  local n, name = #entry.columns, entry.name
  local one, other, key = variables("X", n), variables("Y", n), {}
  for i, k in ipairs(entry.key) do
    other[k], key[i] = one[k], one[k]
  end
  local function with(list, day)
    local copy = table.move(list, 1, #list, 1, {})
    copy[#copy + 1] = var(day)
    return copy
  end
  self:rule("a stored fact", nil, atom(name .. "@value", with(one, "B")),
    atom(name .. "@begun", with(one, "B")))
  self:rule("a later value", nil, atom(name .. "@past", with(key, "B")),
    atom(name .. "@value", with(one, "B")),
    atom(name .. "@value", with(other, "D")), compare("<", var "B", var "D"))
  self:rule("the latest value", nil, atom(name, one),
    atom(name .. "@value", with(one, "B")),
    negated(atom(name .. "@past", with(key, "B"))))
end

-- Head and claim literal of the fact that a claim with this sign makes.
function Generator:conclusion(found, sign, id)
  local args = variables("X", #found.entry.columns)
  local columns = { { "id", id },
    { "atom", pattern(found.name, args) }, { "sign", constant(sign) } }
  local head
  if sign == "neg" then head = atom("-" .. found.name, args)
  elseif found.keyed then
    columns[#columns + 1] = { "begins", var "B" }
    local with = table.move(args, 1, #args, 1, {})
    with[#with + 1] = var "B"
    head = atom(found.name .. "@value", with)
  else
    head = atom(found.name, args)
  end
  return head, claim(columns)
end

function Generator:plain_fact(found, sign)
  local head, said = self:conclusion(found, sign, var "C")
  local body = { said, atom("believed", { var "C" }) }
  if self.conditional then
    body[#body + 1] = negated(atom("claim_depends", { var "C" }))
  end
  self:rule("a claim believed", nil, head, table.unpack(body))
end

-- One rule for each `if` (any of them suffices), all `until`s in each.
function Generator:conditional_fact(found, st)
  if st.only_if then return end
  local id = constant(st.id)
  local head, said = self:conclusion(found, st.sign < 0 and "neg" or "pos", id)
  local base = { said, atom("believed", { id }) }
  for _, condition in ipairs(st["until"] or {}) do
    base[#base + 1] = negated(atom("satisfied", { constant(condition) }))
  end
  for _, condition in ipairs(st["if"] or { false }) do
    local body = table.move(base, 1, #base, 1, {})
    if condition then
      body[#body + 1] = atom("satisfied", { constant(condition) })
    end
    self:rule("a claim believed, under its condition", nil, head,
      table.unpack(body))
  end
end

function Generator:facts(found)
  local entry = found.entry
  found.keyed = found.pos and entry.kind == "state" and entry.key
    and #entry.key > 0
  if found.neg then entry.negative = true end
  if found.keyed then self:supersede(found) end
  if found.pos then self:plain_fact(found, "pos") end
  if found.neg then self:plain_fact(found, "neg") end
  for _, st in ipairs(found.conditional) do self:conditional_fact(found, st) end
end

-- --------------------------------------------------------------- conditions

local CONNECTIVES = {
  ["and/2"] = function(self, both, a, b)
    self:rule("both hold", nil, atom("satisfied", { both }),
      atom("asked", { both }), atom("satisfied", { a }),
      atom("satisfied", { b }))
  end,
  ["or/2"] = function(self, either, a, b)
    for _, part in ipairs { a, b } do
      self:rule("one holds", nil, atom("satisfied", { either }),
        atom("asked", { either }), atom("satisfied", { part }))
    end
  end,
  ["not/1"] = function(self, whole, a)
    self:rule("it does not hold", nil, atom("satisfied", { whole }),
      atom("asked", { whole }), negated(atom("satisfied", { a })))
  end,
}

function Generator:satisfied(term)
  local args = variables("X", term.arity)
  local connective = CONNECTIVES[term.key]
  if connective then
    local whole = node("call", { name = term.name, args = args,
      negative = false, formula = true })
    for _, part in ipairs(args) do
      self:rule("part of a condition", nil, atom("asked", { part }),
        atom("asked", { whole }))
    end
    connective(self, whole, table.unpack(args))
    return
  end
  local entry = self:entry(term.name, term.arity)
  if not entry then return end
  if term.name:sub(1, 1) == "-" then entry.negative = true end
  local whole = pattern(term.name, args)
  self:rule("it holds", nil, atom("satisfied", { whole }),
    atom("asked", { whole }), atom(term.name, args))
end

function Generator:conditions()
  self:rule("named as a condition", nil, atom("asked", { var "K" }),
    node("atom", { name = "claim_condition", args = { ANY, ANY, var "K" },
      negative = false }))
  self:rule("the content of a claim", nil, atom("asked", { var "K" }),
    claim { { "content", var "K" } })
  for _, term in ipairs(self.terms) do self:satisfied(term) end
end

-- ---------------------------------------------------------------------- API

--- Add the rules for the claims (statement tables) to a lowering, if a
-- module derives `believed`.
function M.generate(low, claims)
  local believed = low.schema:find "believed"
  if not believed or not believed.rules then return end
  local self = setmetatable({ low = low, claimed = {}, terms = {} },
    Generator)
  self:collect(claims)
  for _, found in ipairs(self.claimed) do
    self:about(found)
    self:broken_key(found)
  end
  self:denial()
  for _, never in ipairs(low.schema.nevers) do self:never(never) end
  if self.conditional then
    self:rule("made under a condition", "belief",
      atom("claim_depends", { var "C" }), node("atom", {
        name = "claim_condition", args = { var "C", ANY, ANY },
        negative = false }))
  end
  for _, found in ipairs(self.claimed) do self:facts(found) end
  self:conditions()
end

return M
