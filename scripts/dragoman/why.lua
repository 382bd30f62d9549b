-- Why: a proof of the core as a tree for people.
--
-- The core proves rows from rows. Here the steps that lowering made are folded
-- away: a claim that is believed and so became a fact is one leaf, with who
-- said it, when, through whom and where. What was looked for and not found is
-- an assumption; a disputed fact shows the claims that dispute it.
--
-- A node is {kind=, truth=, atom=, relation=, args=, children=} with, by kind,
--   rule, aggregate    rule = {name, doc, module, file, line}, omitted
--   claim              claim = {id, speaker, body, said, para, source, …}
--   judgement          judgement = {by, because}
--   background         source = {id, title, publisher, published}
--   fact, given        a fact that names no source; one of a rule module
--   assumption         what was not found
--   clash              a denial that is disputed itself
-- and note (a line of text). Comparisons are kept as `tests` of their rule.

local query = require "dragoman.query"
local syntax = require "dragoman.syntax"
local terms = require "dragoman.terms"
local tree = require "dragoman.tree"
local values = require "dragoman.values"
local words = require "dragoman.words"

local M = {}

local Folder = {}
Folder.__index = Folder

-- ----------------------------------------------------------------- relations

-- Inputs that only carry other things, and what of them is shown.
local SILENT = { today = true, known_until = true, source_info = true,
  label = true, claim_condition = true, claim_from = true,
  claim_after = true, claim_due = true }

local CLAIM_DETAIL = { claim = true, claim_condition = true,
  claim_from = true, claim_after = true, claim_due = true }

-- Name of a relation for people: no scope, no mark of lowering.
local function plain_name(relation)
  local sign, name = relation:match "^(%-?)([^@]*)"
  return sign .. (name:match "%.([^.]*)$" or name)
end

local function atom_text(relation, args)
  local parts = {}
  for i, arg in ipairs(args or {}) do
    parts[i] = arg == M.ANY and "_" or values.show(arg)
  end
  local name = plain_name(relation)
  if #parts == 0 then return name end
  return name .. "(" .. table.concat(parts, ", ") .. ")"
end

-- Stands for a column that was left open in what was looked for.
M.ANY = setmetatable({}, { __tostring = function() return "_" end })

function Folder:make(kind, node)
  return { kind = kind, truth = node.truth, relation = node.relation
    and plain_name(node.relation), args = node.args,
    atom = node.relation and atom_text(node.relation, node.args),
    children = {} }
end

-- -------------------------------------------------------------------- leaves

function Folder:claim_leaf(id, truth, node)
  local claim = self.view:claim(id)
  local leaf = { kind = "claim", truth = truth or "true", children = {},
    claim = claim or { id = id } }
  leaf.relation = node and node.relation and plain_name(node.relation)
  leaf.args = node and node.args
  if node and node.relation and not CLAIM_DETAIL[node.relation] then
    leaf.atom = atom_text(node.relation, node.args)
  elseif claim then
    leaf.atom = values.show(claim.atom)
    if claim.sign < 0 then leaf.atom = "not " .. leaf.atom end
  end
  local source = claim and claim.source and self.view:source(claim.source)
  leaf.publisher = source and source.publisher
  self:rivals(leaf, id, truth)
  return leaf
end

-- Claims that this one was weighed against: what was set aside, and for a
-- disputed one whom it is disputed with.
function Folder:rivals(leaf, id, truth)
  local model, aside = self.view.model, {}
  if self.view:has_relation "set_aside" then
    for _, row in ipairs(model:rows("set_aside", { nil, id }) or {}) do
      if row[2] == id and row.truth == "true" then
        aside[#aside + 1] = { id = row[1], reason = row[3] }
      end
    end
  end
  if #aside > 0 then leaf.set_aside = aside end
  if truth == "disputed" and self.view:has_relation "attacks" then
    for _, row in ipairs(model:rows("attacks", { nil, id }) or {}) do
      if row[2] == id then
        leaf.disputed_with = leaf.disputed_with or {}
        table.insert(leaf.disputed_with, { id = row[1], reason = row[3] })
      end
    end
  end
end

local function source_of(self, id)
  local source = id and self.view:source(id)
  if not source then return id and { id = id } or nil end
  return { id = id, title = source.title, publisher = source.publisher,
    published = source.published }
end

function Folder:statement_leaf(node, st)
  local leaf = self:make("fact", node)
  if st.kind == "claim" then return self:claim_leaf(st.id, node.truth, node) end
  if st.kind == "judgement" or st.judge then
    leaf.kind = "judgement"
    leaf.judgement = { by = st.judge, because = st.because, made = st.made }
    for _, id in ipairs(st.because or {}) do
      leaf.because = leaf.because or {}
      table.insert(leaf.because, self.view:claim(id) or { id = id })
    end
  elseif st.source then
    leaf.kind, leaf.source = "background", source_of(self, st.source)
  end
  leaf.entity = st.label ~= nil and #node.args == 1 or nil
  leaf.on, leaf.from, leaf.to = st.on, st.from, st.to
  leaf.statement = { serial = st.serial, file = st.origin, line = st.line }
  return leaf
end

-- Of several statements that state a fact the best documented one is shown.
local RANK = { background = 1, judgement = 2, claim = 3, fact = 4 }

function Folder:input(node)
  if CLAIM_DETAIL[node.relation] then
    return self:claim_leaf(node.args[1], node.truth, node)
  end
  if SILENT[node.relation] then return nil end
  local best
  for _, serial in ipairs(node.backing or {}) do
    local st = self.view.core:find(serial)
    local leaf = st and self:statement_leaf(node, st)
    if leaf and (not best or RANK[leaf.kind] < RANK[best.kind]) then
      best = leaf
    end
  end
  return best or self:make("fact", node)
end

-- --------------------------------------------------------------- assumptions

-- The atom looked for behind an auxiliary relation: its arguments from the
-- values of the parameters.
local function through_auxiliary(self, about, node)
  local bound, formula = {}, about.node
  for i, name in ipairs(about.params) do bound[name] = node.args[i] end
  if formula.tag ~= "atom" then
    return nil, syntax.print(M.substitute(formula, bound))
  end
  local entry = self.view:schema():find(formula.name, about.scope)
  local given = terms.positional({ list = {}, chunk = about.chunk }, formula,
    entry)
  local args = {}
  for i = 1, entry and #entry.columns or #given do
    local arg = given[i]
    if arg and arg.tag == "var" and bound[arg.name] ~= nil then
      args[i] = bound[arg.name]
    elseif arg and arg.value ~= nil then args[i] = arg.value
    elseif arg and arg.tag == "date" then args[i] = values.date(arg.text)
    else args[i] = M.ANY end
  end
  return (formula.negative and "-" or "") .. formula.name, args
end

--- A copy of a formula in which bound variables are replaced by values.
function M.substitute(node, bound)
  if node.tag == "var" and bound[node.name] ~= nil then
    return M.value_node(bound[node.name])
  end
  local copy = {}
  for key, value in pairs(node) do copy[key] = value end
  for i, child in ipairs(node) do copy[i] = M.substitute(child, bound) end
  for _, key in ipairs { "args", "named" } do
    if node[key] then
      copy[key] = {}
      for i, item in ipairs(node[key]) do
        if key == "args" then copy.args[i] = M.substitute(item, bound)
        else
          copy.named[i] = { name = item.name,
            value = M.substitute(item.value, bound) }
        end
      end
    end
  end
  for _, key in ipairs { "left", "right", "value", "body", "atom" } do
    if type(node[key]) == "table" and node[key].tag then
      copy[key] = M.substitute(node[key], bound)
    end
  end
  return copy
end

function M.value_node(value)
  local kind = values.type(value)
  if kind == "term" then return syntax.of_term(value) end
  if kind == "symbol" then return syntax.symbol(value) end
  if kind == "date" then
    return { tag = "date", text = value.text, earliest = value.earliest
      or value.day, latest = value.latest or value.day, plain = true,
      pos = 0, stop = 0 }
  end
  return { tag = kind, value = value, pos = 0, stop = 0 }
end

local HIDDEN_ABSENT = { claim_depends = true }

function Folder:absent(node)
  local about = self.build.low.aux[node.relation]
  if HIDDEN_ABSENT[node.relation] or node.relation:find "@past$" then
    return nil
  end
  local leaf = self:make("assumption", node)
  if about then
    local name, args = through_auxiliary(self, about, node)
    if name then
      leaf.relation, leaf.args = plain_name(name), args
      leaf.atom = atom_text(name, args)
    else
      leaf.relation, leaf.args, leaf.atom = nil, nil, args
    end
  end
  return leaf
end

-- --------------------------------------------------------------------- rules

function Folder:rule_data(index)
  local rule = self.table.rules[index]
  local user = rule and self.users[rule.user]
  if not user then return nil end
  local entry = self.view:schema():find(user.relation, user.module)
  return { name = user.name, doc = user.doc or entry and entry.doc,
    module = user.module, file = not user.generated and user.file or nil,
    line = user.line, generated = user.generated or nil }
end

-- Generated rules whose one interesting child stands for the whole.
local PASSED_ON = { ["it holds"] = true, ["a stored fact"] = true,
  ["the latest value"] = true, ["both hold"] = true, ["one holds"] = true,
  ["it does not hold"] = true }

local BELIEF_STEP = { ["a claim believed"] = true,
  ["a claim believed, under its condition"] = true }

local NOT_SHOWN = { asked = true, claim_depends = true }

-- The claim that a believed fact rests on: it is among the node's children.
local function claim_id(self, node)
  for _, i in ipairs(node.children) do
    local child = self.nodes[i]
    if child.kind == "seen" then child = self.nodes[child.same] end
    if child.relation == "claim" or child.relation == "believed" then
      return child.args[1]
    end
  end
end

-- What the fact depends on beside the claim: its conditions.
local function conditions(self, node)
  local list = {}
  for _, i in ipairs(node.children) do
    local child = self.nodes[i]
    if child.relation == "satisfied" then
      list[#list + 1] = self:fold(i)
    end
  end
  return list
end

function Folder:believed_fact(node)
  local id = claim_id(self, node)
  if not id then return nil end
  local leaf = self:claim_leaf(id, node.truth, node)
  leaf.children = conditions(self, node)
  return leaf
end

-- ------------------------------------------------------------------- folding

local function same_leaf(a, b)
  if a.kind ~= b.kind then return false end
  if a.kind == "claim" then return a.claim.id == b.claim.id end
  return #a.children == 0 and #b.children == 0 and a.atom ~= nil
    and a.atom == b.atom
end

-- One claim may stand behind several conditions of a rule: shown once, under
-- the atom that says most (one that has conditions, or an atom of its own).
local function add_distinct(children, child)
  for i, other in ipairs(children) do
    if same_leaf(other, child) then
      if #child.children > #other.children
        or CLAIM_DETAIL[other.relation] and not CLAIM_DETAIL[child.relation]
      then
        children[i] = child
      end
      return
    end
  end
  children[#children + 1] = child
end

function Folder:children_of(node, into)
  for _, i in ipairs(node.children) do
    local child = self.nodes[i]
    if child.kind == "test" then
      into.tests = into.tests or {}
      table.insert(into.tests, child.text)
    elseif not NOT_SHOWN[child.relation] then
      local folded = self:fold(i)
      if folded then add_distinct(into.children, folded) end
    end
  end
end

-- A generated rule that passes one thing on is replaced by that thing.
function Folder:passed_on(node, made)
  if #made.children == 1 then
    local only = made.children[1]
    if only.kind == "rule" or node.relation ~= "satisfied" then
      return only
    end
  end
  return made
end

function Folder:derived(node, is_root)
  local data = self:rule_data(node.rule)
  if data and data.generated and BELIEF_STEP[data.name] then
    local leaf = self:believed_fact(node)
    if leaf then return leaf end
  end
  if node.relation == "believed" and not is_root then
    return self:claim_leaf(node.args[1], node.truth, nil)
  end
  local made = self:make(node.kind == "aggregate" and "aggregate" or "rule",
    node)
  made.rule, made.omitted = data, node.omitted
  self:children_of(node, made)
  if data and PASSED_ON[data.name] and data.generated then
    return self:passed_on(node, made)
  end
  if #made.children == 0 and #node.children == 0 then made.kind = "given" end
  return made
end

function Folder:disputed(node)
  local made = self:make("clash", node)
  self:children_of(node, made)
  if #made.children == 1 then
    local only = made.children[1]
    only.denied = true
    return only
  end
  return made
end

-- A node that stands elsewhere in the proof: leaves are repeated, larger ones
-- referred to.
function Folder:seen(node)
  local original = self:fold(node.same)
  if not original or #original.children == 0 then return original end
  local copy = {}
  for key, value in pairs(original) do copy[key] = value end
  copy.children, copy.seen = {}, true
  return copy
end

function Folder:fold(i, is_root)
  local node = self.nodes[i]
  if self.done[i] ~= nil then return self.done[i] or nil end
  local made
  if node.kind == "input" then made = self:input(node)
  elseif node.kind == "absent" then made = self:absent(node)
  elseif node.kind == "disputed" then made = self:disputed(node)
  elseif node.kind == "seen" then made = self:seen(node)
  else made = self:derived(node, is_root) end
  self.done[i] = made or false
  return made
end

-- ------------------------------------------------------------------ the object

local Why = { __name = "dragoman.why" }
Why.__index = Why

--- The nodes at the ends of the tree, each once, in order.
function Why:leaves()
  local list, seen = {}, {}
  local function visit(node)
    if node.kind == "claim" or #node.children == 0 and not node.seen then
      local key = node.claim and node.claim.id or node
      if not seen[key] then
        seen[key] = true
        list[#list + 1] = node
      end
    end
    for _, child in ipairs(node.children) do visit(child) end
  end
  visit(self.root)
  return list
end

--- The tree as plain data.
function Why:data() return tree.data(self.root, self) end

function Why:json() return require "dragoman.json".encode(self:data(), true) end

function Why:__tostring() return tree.text(self.root, self) end

local function no_answer(result)
  local text = result.chunk.text:gsub("%s+$", "")
  return nil, "no claim, fact or rule found gives " .. text, "not_found"
end

--- Explain the first answer to a goal.
function M.explain(view, goal, params)
  local result, message, code, list = query.run(view, goal, params, true)
  if not result then return nil, message, code, list end
  local first = result.answers[1]
  if not first then return no_answer(result) end
  local row = {}
  for i = 1, #first.row do row[i] = first.row[i] end
  local nodes, problem, kind = result.model:proof(result.relation, row)
  if not nodes then return nil, problem, kind end
  local folder = setmetatable({ view = view, nodes = nodes, done = {},
    build = view.build, table = result.goal and result.goal.table
      or view.table, users = result.goal and result.goal.users
      or view.build.low.users }, Folder)
  local root = folder:fold(1, true)
  if result.goal then
    root.atom, root.kind, root.rule = goal, "rule", nil
  end
  return setmetatable({ root = root, goal = goal, least = nodes.least,
    others = #result.answers - 1, words = words.of_view(view),
    short = words.short_ids(view:claims()),
    at = view.at, known_by = view.known_by }, Why)
end

return M
