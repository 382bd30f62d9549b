-- The syntax tree: constructors, walkers, places in the text, and two
-- printers, one for people who look at the tree (`explain --ast`), one that
-- writes the language again: parse(print(parse(x))) is the tree parse(x).
-- The nodes themselves are described in engine/doc/language.md, "The tree".

local diag = require "dragoman.diag"
local values = require "dragoman.values"

local M = {}

-- ------------------------------------------------------------ constructors

local function node(tag, fields, pos, stop)
  fields.tag, fields.pos, fields.stop = tag, pos or 0, stop or 0
  return fields
end

--- A node of any tag; without positions it stands nowhere (0).
M.node = node

function M.var(name, pos, stop) return node("var", { name = name }, pos, stop) end

function M.symbol(value, pos, stop)
  return node("symbol", { value = value }, pos, stop)
end

function M.atom(name, args, negative, pos, stop)
  return node("atom", { name = name, args = args or {},
    negative = negative or false }, pos, stop)
end

function M.call(name, args, negative, pos, stop)
  return node("call", { name = name, args = args or {},
    negative = negative or false }, pos, stop)
end

--- The expression node of a Lua value (see values.lua); nil for what is no
-- value of the language.
function M.constant(value, pos, stop)
  local kind = values.type(value)
  if kind == "symbol" then
    local tag = values.is_name(value) and "symbol" or "string"
    return node(tag, { value = value }, pos, stop)
  elseif kind == "int" or kind == "float" then
    return node(kind, { value = value }, pos, stop)
  elseif kind == "date" then
    return node("date", { text = value.text, earliest = value.earliest,
      latest = value.latest, plain = not value.edtf,
      edtf = value.edtf and value.text or nil }, pos, stop)
  elseif kind == "interval" then
    return node("interval", { from = M.constant(value.from, pos, stop),
      to = M.constant(value.to, pos, stop) }, pos, stop)
  elseif kind == "term" then
    return M.of_term(value, pos, stop)
  end
  return nil
end

local CONNECTIVES = { ["and"] = true, ["or"] = true, ["not"] = true }

--- The node of a compound term: a call, or a formula for `and`, `or`, `not`.
function M.of_term(term, pos, stop)
  local args = {}
  for i, arg in ipairs(term) do args[i] = M.constant(arg, pos, stop) end
  if CONNECTIVES[term.name] then
    for i, arg in ipairs(args) do args[i] = M.as_atom(arg) end
    return node(term.name, args, pos, stop)
  end
  local negative = term.name:sub(1, 1) == "-"
  return M.call(negative and term.name:sub(2) or term.name, args, negative,
    pos, stop)
end

--- A call or symbol as an atom (a copy); other nodes as they are.
function M.as_atom(expr)
  if expr.tag == "symbol" then
    return M.atom(expr.value, {}, false, expr.pos, expr.stop)
  elseif expr.tag == "call" then
    local atom = M.atom(expr.name, expr.args, expr.negative, expr.pos,
      expr.stop)
    atom.named = expr.named
    return atom
  end
  return expr
end

-- ----------------------------------------------------------------- walking

-- Fields that hold a node, and fields that hold arrays of nodes (or of
-- records that hold nodes).
local CHILD = { "prob", "head", "atom", "content", "left", "right", "interval",
  "value", "body", "from", "to", "on", "by", "during", "said", "made",
  "winner", "loser", "formula", "statement" }
local CHILDREN = { "args", "named", "alternatives", "conditions",
  "statements" }

local function is_node(x) return type(x) == "table" and x.pos ~= nil end

--- Call f(child, parent) for each child of a node, in a fixed order.
function M.each_child(parent, f)
  for _, key in ipairs(CHILD) do
    local child = parent[key]
    if is_node(child) then f(child, parent) end
  end
  if parent.fields then
    for _, name in ipairs(M.sorted_keys(parent.fields)) do
      f(parent.fields[name], parent)
    end
  end
  for _, key in ipairs(CHILDREN) do
    for _, child in ipairs(parent[key] or {}) do
      if is_node(child) then f(child, parent) end
    end
  end
  for _, child in ipairs(parent) do
    if is_node(child) then f(child, parent) end
  end
end

--- Walk a tree from the top: f(node, parent) for every node; a false result
-- keeps out of the node's children.
function M.walk(top, f, parent)
  if f(top, parent) == false then return end
  M.each_child(top, function(child) M.walk(child, f, top) end)
end

--- The names of the variables in a tree, in order of appearance; skip: tags of
-- nodes that are left out with all below them.
function M.variables(top, skip)
  local names, seen = {}, {}
  M.walk(top, function(n)
    if skip and skip[n.tag] then return false end
    if n.tag == "var" and not seen[n.name] then
      seen[n.name] = true
      names[#names + 1] = n.name
    end
  end)
  return names
end

--- Every statement of a chunk, those in blocks too: f(statement, block).
function M.each_statement(chunk, f)
  for _, statement in ipairs(chunk) do
    f(statement, nil)
    for _, inner in ipairs(statement.statements or {}) do
      f(inner, statement)
    end
  end
end

--- Keys of a table with string keys, sorted.
function M.sorted_keys(t)
  local keys = {}
  for key in pairs(t) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end

-- ------------------------------------------------------------------ places

--- Line and column (in characters) of a byte position of a chunk's text. The
-- starts of the lines are found once and kept in the chunk.
function M.locate(chunk, pos)
  chunk.starts = chunk.starts or diag.line_starts(chunk.text)
  return diag.place(chunk.text, chunk.starts, pos)
end

--- The text a node was read from.
function M.source_text(chunk, n)
  return chunk.text:sub(n.pos, n.stop - 1)
end

--- A diagnostic (diag.new) about a node of a chunk.
function M.diagnostic(chunk, code, n, message, extra)
  chunk.starts = chunk.starts or diag.line_starts(chunk.text)
  local where = { text = chunk.text, name = chunk.name,
    starts = chunk.starts }
  return diag.new(code, where, n.pos, n.stop, message, extra)
end

-- ---------------------------------------------------------------- equality

local IGNORED = { pos = true, stop = true, at = true, starts = true,
  text = true, name = true }

local function same(a, b, top)
  if type(a) ~= "table" or type(b) ~= "table" then
    return a == b and math.type(a) == math.type(b)
  end
  for key, value in pairs(a) do
    local ignored = IGNORED[key] and (key ~= "name" and key ~= "text" or top)
    if not ignored and not same(value, b[key]) then return false end
  end
  for key in pairs(b) do
    local ignored = IGNORED[key] and (key ~= "name" and key ~= "text" or top)
    if not ignored and a[key] == nil then return false end
  end
  return true
end

--- Are two trees the same, but for where they stand?
function M.equal(a, b)
  return same(a, b, a.tag == "chunk")
end

-- ----------------------------------------------------- printing the language

-- How strongly each construct binds; a child that binds less is put in
-- brackets.
local LEVEL = { ["or"] = 1, ["and"] = 2, ["not"] = 3, during = 4, compare = 5,
  interval = 6, ["+"] = 7, ["-"] = 7, ["*"] = 8, ["/"] = 8, div = 8, mod = 8,
  neg = 9 }
local WHOLE = 10

local function level_of(n)
  if n.tag == "arith" then return LEVEL[n.op] end
  return LEVEL[n.tag] or WHOLE
end

local expr -- expr(node, level): text, in brackets when it binds less

local function comma_list(items, level)
  local parts = {}
  for i, item in ipairs(items) do parts[i] = expr(item, level) end
  return table.concat(parts, ", ")
end

local function named_list(named)
  local parts = {}
  for i, column in ipairs(named) do
    parts[i] = column.name .. " = " .. expr(column.value, 1)
  end
  return "{" .. table.concat(parts, ", ") .. "}"
end

local function application(n)
  local text = (n.negative and "-" or "") .. n.name
  if n.named then return text .. named_list(n.named) end
  if #n.args == 0 then
    return n.tag == "call" and not n.negative and text .. "()" or text
  end
  return text .. "(" .. comma_list(n.args, 1) .. ")"
end

local write = {}

function write.var(n) return n.name end
function write.anon() return "_" end
function write.param(n) return "$" .. n.name end
function write.int(n) return string.format("%d", n.value) end
function write.float(n) return values.float_text(n.value) end
function write.string(n) return values.quote(n.value) end
function write.symbol(n) return n.value end
function write.grade(n)
  return n.reliability .. (n.credibility or "")
end

function write.date(n)
  return n.edtf and 'd"' .. n.edtf .. '"' or n.text
end

write.call, write.atom = application, application

write["or"] = function(n)
  local parts = {}
  for i, child in ipairs(n) do parts[i] = expr(child, LEVEL["or"] + 1) end
  return table.concat(parts, " or ")
end

write["and"] = function(n)
  local parts = {}
  for i, child in ipairs(n) do parts[i] = expr(child, LEVEL["and"] + 1) end
  return table.concat(parts, " and ")
end

write["not"] = function(n) return "not " .. expr(n[1], LEVEL["not"]) end

function write.during(n)
  return expr(n.atom, WHOLE) .. " during " .. expr(n.interval, LEVEL.interval)
end

function write.compare(n)
  return expr(n.left, LEVEL.interval) .. " " .. n.op .. " "
    .. expr(n.right, LEVEL.interval)
end

function write.interval(n)
  return expr(n.from, LEVEL["+"]) .. ".." .. expr(n.to, LEVEL["+"])
end

function write.arith(n)
  local level = level_of(n)
  if n.op == "neg" then return "- " .. expr(n[1], LEVEL.neg) end
  return expr(n[1], level) .. " " .. n.op .. " " .. expr(n[2], level + 1)
end

function write.aggregate(n)
  if not n.body then
    return n.op .. "(" .. (n.value and expr(n.value, 1) or "") .. ")"
  end
  local value = n.value and expr(n.value, LEVEL.interval) .. " : " or ""
  return n.op .. "{ " .. value .. expr(n.body, 0) .. " }"
end

function write.prob(n)
  if n.word then return n.word end
  local lo = values.float_text(n.lo)
  return n.lo == n.hi and lo or lo .. ".." .. values.float_text(n.hi)
end

function expr(n, level)
  local writer = assert(write[n.tag], "no expression: " .. tostring(n.tag))
  local text = writer(n)
  return level_of(n) < level and "(" .. text .. ")" or text
end

-- -------------------------------------------------------------- statements

-- A symbol given as a plain string: bare where it can be.
local function naming(text) return values.symbol_text(text) end

local function namings(list)
  local parts = {}
  for i, item in ipairs(list) do parts[i] = naming(item) end
  return table.concat(parts, ", ")
end

local function columns_text(columns)
  local parts = {}
  for i, column in ipairs(columns) do
    parts[i] = column.name .. (column.type and ": " .. column.type or "")
  end
  return "(" .. table.concat(parts, ", ") .. ")"
end

-- Collects the words of a statement; absent parts add nothing.
local Line = {}
Line.__index = Line

local function line() return setmetatable({}, Line) end

function Line:add(word, ...)
  if word ~= nil then self[#self + 1] = word end
  if select("#", ...) > 0 then return self:add(...) end
  return self
end

-- `keyword text` when there is a value; show turns the value into text.
function Line:note(keyword, value, show)
  if value == nil then return self end
  return self:add(keyword, show and show(value) or value)
end

function Line:done() return table.concat(self, " ") .. "." end

local function full(n) return expr(n, 0) end

local function span(during)
  local from, to = expr(during.from, 0), expr(during.to, 0)
  return from == to and from or from .. ".." .. to
end

local statement = {}

local function doc_of(n) return n.doc and values.quote(n.doc) end

function statement.relation(n)
  return line():add(n.asserted and "asserted" or nil)
    :add(n.private and "private" or nil)
    :add(n.kind, n.name .. columns_text(n.columns))
    :note("key", n.key, function(key)
      return "(" .. table.concat(key, ", ") .. ")"
    end):add(doc_of(n)):done()
end

function statement.constructor(n)
  return line():add("term", n.name .. columns_text(n.columns))
    :add(doc_of(n)):done()
end

local function scale(s)
  local function bound(number, label)
    local text = math.type(number) == "integer" and tostring(number)
      or values.float_text(number)
    return label and text .. " " .. values.quote(label) or text
  end
  return bound(s.lo, s.lo_label) .. " .. " .. bound(s.hi, s.hi_label)
end

function statement.entity(n)
  local aliases = {}
  for i, alias in ipairs(n.aliases) do aliases[i] = values.quote(alias) end
  return line():add(n.type, naming(n.name), values.quote(n.label))
    :note("alias", #aliases > 0 and table.concat(aliases, ", ") or nil)
    :note("scale", n.scale, scale):note("in", n.source):done()
end

function statement.never(n) return line():add("never", full(n.body)):done() end

local function option_text(value)
  local kind = type(value)
  if kind == "boolean" then return tostring(value) end
  if kind == "table" and value.tag then return expr(value, 0) end
  if kind == "table" then return "(" .. table.concat(value, ", ") .. ")" end
  return values.show(value)
end

local function options(map)
  local parts = {}
  for i, name in ipairs(M.sorted_keys(map)) do
    parts[i] = name .. " = " .. option_text(map[name])
  end
  return #parts > 0 and "{ " .. table.concat(parts, ", ") .. " }" or nil
end

function statement.import(n)
  return line():add("import", n.name
    .. (n.columns and columns_text(n.columns) or ""))
    :note("from", n.file, values.quote):add(options(n.options)):done()
end

function statement.export(n)
  return line():add("export", n.name, "to", values.quote(n.file))
    :add(options(n.options)):done()
end

function statement.source(n)
  local parts = {}
  for i, name in ipairs(M.sorted_keys(n.fields)) do
    parts[i] = name .. " = " .. expr(n.fields[name], 0)
  end
  local fields = #parts > 0 and " " .. table.concat(parts, ", ") .. " " or ""
  return line():add("source", n.id, "{" .. fields .. "}"):done()
end

local function speaker(s)
  if s.tag == "name" then return naming(s.name) end
  return s.label and s.tag .. " " .. values.quote(s.label) or s.tag
end

local MODE = { ["if"] = "if", only_if = "only if", ["until"] = "until" }

local function claim_head(n)
  if not n.id and not n.para then return nil end
  return (n.id or "") .. (n.id and n.para and " " or "")
    .. (n.para and "para " .. n.para or "") .. ":"
end

local function ids(list) return table.concat(list, ", ") end

function statement.claim(n)
  local l = line():add(claim_head(n)):add(speaker(n.speaker))
    :note("for", n.body, naming):note("via", n.channel, naming)
  for _, body in ipairs(n.from) do l:note("from", body, naming) end
  l:add(n.act, expr(n.content, 1))
  for _, condition in ipairs(n.conditions) do
    l:note(MODE[condition.mode], condition.formula, full)
  end
  return l:note("on", n.on, full):note("by", n.by, full)
    :note("during", n.during, span):note("said", n.said, full)
    :note("hedge", n.hedge, naming):note("grade", n.grade, full)
    :note("after", #n.after > 0 and n.after or nil, ids)
    :note("in", n.source):done()
end

local function prob(n) return n and expr(n, 0) .. " ::" or nil end

function statement.fact(n)
  return line():add(prob(n.prob)):add(full(n.atom)):note("on", n.on, full)
    :note("during", n.during, span):note("judged by", n.judged_by, naming)
    :note("because", n.because, ids):note("made", n.made, full)
    :note("basis", n.basis, values.quote):note("in", n.source):done()
end

function statement.rule(n)
  local l = line():add(n.label and n.label .. ":" or nil)
    :add(n.mode ~= "strict" and n.mode or nil):add(prob(n.prob))
    :add(full(n.head))
  for _, other in ipairs(n.alternatives) do
    l[#l] = l[#l] .. ";"
    l:add(prob(other.prob), full(other.head))
  end
  return l:note("if", n.body, full):note("basis", n.basis, values.quote)
    :note("judged by", n.judged_by, naming):note("because", n.because, ids)
    :done()
end

local function ranked(x) return type(x) == "table" and x.name or x end

function statement.beats(n)
  return line():add(ranked(n.winner), "beats", ranked(n.loser))
    :note("if", n.body, full):done()
end

function statement.question(n)
  return line():add("question", n.id, values.quote(n.text))
    :note("process", n.process, naming):note("by", n.by, full)
    :note("resolves", n.resolves, values.quote)
    :note("options", #n.options > 0 and n.options or nil, namings)
    :note("in", n.source):done()
end

-- In a block the source is said once, at its head.
statement["in"] = function(n)
  local parts = { "in " .. n.source .. " {" }
  for _, inner in ipairs(n.statements) do
    local source = inner.source
    inner.source = nil
    parts[#parts + 1] = "  " .. M.print(inner)
    inner.source = source
  end
  parts[#parts + 1] = "}"
  return table.concat(parts, "\n")
end

function statement.chunk(n)
  local parts = {}
  for i, inner in ipairs(n) do parts[i] = M.print(inner) end
  return table.concat(parts, "\n") .. (#parts > 0 and "\n" or "")
end

--- A node as text of the language: a chunk, a statement (with its full stop)
-- or an expression or formula.
function M.print(n)
  local writer = statement[n.tag]
  if writer then return writer(n) end
  return expr(n, 0)
end

-- --------------------------------------------------- printing the tree itself

local HIDDEN = { tag = true, pos = true, stop = true, at = true, text = true,
  starts = true }

local function scalar(value)
  return type(value) == "string" and values.quote(value) or tostring(value)
end

local function fields_of(n)
  local plain, deep = {}, {}
  for _, key in ipairs(M.sorted_keys((function()
    local named = {}
    for k in pairs(n) do if type(k) == "string" then named[k] = true end end
    return named
  end)())) do
    if not HIDDEN[key] or key == "text" and n.tag ~= "chunk" then
      local value = n[key]
      if type(value) ~= "table" then
        plain[#plain + 1] = key .. "=" .. scalar(value)
      elseif next(value) ~= nil then
        deep[#deep + 1] = key
      end
    end
  end
  return plain, deep
end

local function is_plain_list(value)
  for key, item in pairs(value) do
    if type(key) ~= "number" or type(item) == "table" then return false end
  end
  return true
end

local dump

local function dump_field(out, key, value, indent)
  if is_plain_list(value) then
    local parts = {}
    for i, item in ipairs(value) do parts[i] = scalar(item) end
    out[#out + 1] = indent .. key .. ": " .. table.concat(parts, ", ")
  else
    dump(out, value, indent, key .. ": ")
  end
end

function dump(out, n, indent, label)
  local plain, deep = fields_of(n)
  local head = n.tag or ""
  local text = indent .. label .. head
  if n.pos and n.tag then
    text = text .. " @" .. n.pos .. ".." .. n.stop - 1
  end
  if #plain > 0 then text = text .. " " .. table.concat(plain, " ") end
  out[#out + 1] = (text:gsub(" +$", ""))
  for _, key in ipairs(deep) do
    dump_field(out, key, n[key], indent .. "  ")
  end
  for _, child in ipairs(n) do
    if type(child) == "table" then dump(out, child, indent .. "  ", "- ")
    else out[#out + 1] = indent .. "  - " .. scalar(child) end
  end
end

--- The tree as indented text, a node a line: tag, bytes, plain fields, then
-- the fields that hold nodes.
function M.dump(n)
  local out = {}
  dump(out, n, "", "")
  return table.concat(out, "\n") .. "\n"
end

return M
