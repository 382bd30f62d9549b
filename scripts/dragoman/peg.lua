-- EBNF to LPeg: the grammar of the language is written once, in EBNF with
-- field labels, and compiled here.
--
-- Notation: `rule = body ;` with | for choice, [ ] option, { } repetition,
-- ( ) grouping, "terminal", names of rules and of tokens, and `field:item`,
-- which puts what the item captures under that key of the rule's node.
-- A choice is ordered and does not look back, as in every PEG.
--
-- What a rule makes is told by its action:
--   function      called with the values of the body, unlabelled only
--   {node = f}    f gets one table: pos, stop, labelled fields, the rest as
--                 array part
--   "list"        a plain array of the values
--   "word"        the terminal matched, as a string
--   nil           the values as they are
-- White space and comments are skipped before each terminal and token, so a
-- node's `stop` is the byte after its last character.
--
-- LPeg refuses captures nested 200 deep, which a formula in a few brackets
-- reaches. So a match yields a flat list, values and marks in the order of the
-- text, and `M.run` makes the tree of it on a stack of its own.

local lpeg = require "lpeg"

local P, R, S, V = lpeg.P, lpeg.R, lpeg.S, lpeg.V
local C, Cc, Cg, Cmt, Cp, Ct = lpeg.C, lpeg.Cc, lpeg.Cg, lpeg.Cmt, lpeg.Cp,
  lpeg.Ct

local M = {}

-- ---------------------------------------------------------------- notation

local function notation()
  local space = S " \t\r\n" ^ 0
  local word = C(R "az" * (R("az", "09") + "_") ^ 0)
  local function sym(s) return P(s) * space end
  local function list(kind, sep, item)
    return Ct(item * (sep * item) ^ 0) / function(items)
      if #items == 1 then return items[1] end
      items.kind = kind
      return items
    end
  end
  local function wrap(kind)
    return function(body) return { kind = kind, body } end
  end
  return P {
    space * Ct(V "rule" ^ 1) * -1,
    rule = Ct(Cg(word, "name") * space * sym "="
      * Cg(V "choice", "body") * sym ";"),
    choice = list("choice", sym "|", V "sequence"),
    sequence = list("sequence", P(true), V "item"),
    item = (word * ":" * V "plain") / function(field, body)
      return { kind = "field", field = field, body }
    end + V "plain",
    plain = sym "[" * V "choice" * sym "]" / wrap "option"
      + sym "{" * V "choice" * sym "}" / wrap "repeat"
      + sym "(" * V "choice" * sym ")" / wrap "group"
      + P '"' * C((1 - P '"') ^ 1) * P '"' * space / wrap "terminal"
      + word * space * -P "=" / wrap "name",
  }
end

--- Read a grammar in the notation above: array of {name=, body=}, in order.
function M.read(text)
  local rules = notation():match(text)
  if not rules then error("grammar: malformed EBNF", 2) end
  return rules
end

local function visit(body, f)
  f(body)
  for _, child in ipairs(body) do
    if type(child) == "table" then visit(child, f) end
  end
end

--- The set of terminals used in rules (text -> true).
function M.terminals(rules)
  local set = {}
  for _, rule in ipairs(rules) do
    visit(rule.body, function(node)
      if node.kind == "terminal" then set[node[1]] = true end
    end)
  end
  return set
end

-- ------------------------------------------------------------------ print

local function show(node, inner)
  local kind, parts = node.kind, {}
  if kind == "terminal" then return '"' .. node[1] .. '"' end
  if kind == "name" then return node[1] end
  if kind == "field" then return show(node[1], inner) end
  for i, child in ipairs(node) do parts[i] = show(child, kind) end
  if kind == "option" then return "[ " .. parts[1] .. " ]" end
  if kind == "repeat" then return "{ " .. parts[1] .. " }" end
  if kind == "group" then return "( " .. parts[1] .. " )" end
  return table.concat(parts, kind == "choice" and " | " or " ")
end

--- The body of a rule as EBNF on one line, without field labels.
function M.show(rule) return show(rule.body) end

-- ---------------------------------------------------------------- compile

-- A terminal must not be the beginning of a longer one: `:` is not `::`.
local function longest(text, symbols)
  local pattern = P(text)
  for _, other in ipairs(symbols) do
    if #other > #text and other:sub(1, #text) == text then
      pattern = -P(other) * pattern
    end
  end
  return pattern
end

local Compiler = {}
Compiler.__index = Compiler

-- In a tracking grammar every failure is told to `track(pos, what, rule)`.
function Compiler:expect(pattern, what)
  local track, rule = self.track, self.rule
  if not track then return self.skip * pattern end
  return self.skip * (pattern + Cmt(P(true), function(_, pos)
    track(pos, what, rule)
    return false
  end) * 1) -- the 1 is never reached; it tells LPeg that nothing is empty here
end

function Compiler:terminal(text, capture)
  local pattern = self.special[text]
  if not pattern then
    if text:match "^%a" then pattern = P(text) * -self.letter
    else pattern = longest(text, self.symbols) end
  end
  if capture then pattern = C(pattern) end
  return self:expect(pattern, '"' .. text .. '"')
end

function Compiler:name(name)
  local token = self.tokens[name]
  if token then return self:expect(token.pattern, name) end
  return V(name)
end

function Compiler:combine(node, capture)
  local result
  for _, child in ipairs(node) do
    local pattern = self:pattern(child, capture)
    if not result then result = pattern
    elseif node.kind == "choice" then result = result + pattern
    else result = result * pattern end
  end
  return result
end

function Compiler:pattern(node, capture)
  local kind, body = node.kind, node[1]
  if kind == "terminal" then return self:terminal(body, capture) end
  if kind == "name" then return self:name(body) end
  if kind == "field" then
    return self:pattern(body, true) * Cc(self.marks.field(node.field))
  end
  if kind == "option" then return self:pattern(body, capture) ^ -1 end
  if kind == "repeat" then return self:pattern(body, capture) ^ 0 end
  if kind == "group" then return self:pattern(body, capture) end
  return self:combine(node, capture)
end

-- The body between the marks of its action.
function Compiler:acted(body, action)
  local marks = self.marks
  if action == nil or action == "word" then return body end
  if type(action) == "table" then
    return self.skip * Cc(marks.open) * Cp() * body * Cp()
      * Cc(marks.close("node", action.node))
  end
  local kind = action == "list" and "list" or "call"
  return Cc(marks.open) * body * Cc(marks.close(kind, action))
end

function Compiler:rule_pattern(rule)
  local action = self.actions[rule.name]
  self.rule = rule.name
  local body = self:acted(self:pattern(rule.body, action == "word"), action)
  local wrap = self.wrap[rule.name]
  return wrap and wrap(body) or body
end

-- Marks are tables of their own, so that no value is mistaken for one:
-- {kind, argument}, kept in `known`.
local known = {}

local function mark(kind, argument)
  local m = { kind, argument }
  known[m] = m
  return m
end

local function remember(make)
  local cache = {}
  return function(a, b)
    local key = b or a
    cache[key] = cache[key] or make(a, b)
    return cache[key]
  end
end

local list_mark = mark "list"

local MARKS = {
  open = mark "open",
  field = remember(function(name) return mark("field", name) end),
  close = remember(function(kind, action)
    return kind == "list" and list_mark or mark(kind, action)
  end),
}

local function one_of(starts)
  local choice = P(false)
  for _, name in ipairs(starts) do
    choice = choice + Cmt(lpeg.Carg(1), function(_, pos, wanted)
      return wanted == name and pos
    end) * V(name)
  end
  return choice
end

--- Compile rules to an LPeg pattern that starts at rule `start`; it yields the
-- list for M.run and the position after the match.
-- options: tokens (name -> {pattern=}), actions, skip, letter, symbols (the
-- symbols that compete for the longest match), special (terminal -> pattern),
-- wrap (rule -> function from its pattern to a better one),
-- track (nil, or function(pos, what, rule) called at each failed expectation).
--
-- start: a rule, or several of which the one named by the first extra argument
-- of the match is taken, so that they share one compiled pattern.
function M.compile(rules, start, options)
  local compiler = setmetatable({ marks = MARKS }, Compiler)
  for key, value in pairs(options) do compiler[key] = value end
  compiler.special = compiler.special or {}
  compiler.wrap = compiler.wrap or {}
  local grammar = { type(start) == "table" and one_of(start) or V(start) }
  for _, rule in ipairs(rules) do
    grammar[rule.name] = compiler:rule_pattern(rule)
  end
  return Ct(P(grammar)) * Cp()
end

-- -------------------------------------------------------------------- run

-- The values of an open rule are stack[base + 1 .. top]; those of a node have
-- its first byte in front and its end behind.
local function make_node(stack, base, top, node, f)
  node = node or {}
  node.pos, node.stop = stack[base + 1], stack[top]
  for i = base + 2, top - 1 do node[i - base - 1] = stack[i] end
  return f(node)
end

local function make_list(stack, base, top)
  return table.move(stack, base + 1, top, 1, {})
end

--- Run the actions over the list that a match gave: the value of its start
-- rule.
function M.run(events)
  local stack, top = {}, 0
  local bases, nodes, depth = {}, {}, 0
  for i = 1, #events do
    local event = events[i]
    local m = known[event]
    if not m then
      top = top + 1
      stack[top] = event
    elseif m[1] == "open" then
      depth = depth + 1
      bases[depth], nodes[depth] = top, false
    elseif m[1] == "field" then
      local node = nodes[depth] or {}
      nodes[depth] = node
      node[m[2]] = stack[top]
      top = top - 1
    else
      local base = bases[depth]
      local result
      if m[1] == "node" then
        result = make_node(stack, base, top, nodes[depth] or nil, m[2])
      elseif m[1] == "list" then
        result = make_list(stack, base, top)
      else
        result = m[2](table.unpack(stack, base + 1, top))
      end
      depth, top = depth - 1, base + 1
      stack[top] = result
    end
  end
  return stack[1]
end

return M
