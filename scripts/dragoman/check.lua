-- `dragoman check`: mistakes, and gaps that an analyst should know of.
--
-- Errors are what opening or asking would refuse. Warnings: facts that nothing
-- backs, relations nobody declared, paragraphs that no claim covers,
-- constraints that hold no longer, what the view hides, and what the checker
-- of rules warns of.

local diag = require "dragoman.diag"
local failure = require "dragoman.failure"
local grammar = require "dragoman.grammar"
local values = require "dragoman.values"

local M = {}

local Check = {}
Check.__index = Check

-- A warning about a stored statement, with its line where the file is known.
function Check:warn(code, st, message, hint)
  local chunk = st and self.kb.texts[st.origin]
  local d
  if chunk and st.line then
    chunk.starts = chunk.starts or diag.line_starts(chunk.text)
    local start = chunk.starts[st.line]
    local pos = start and utf8.offset(chunk.text, st.column or 1, start)
    if pos then
      local stop = chunk.text:find("\n", pos, true) or #chunk.text + 1
      d = diag.new(code, chunk, pos, stop, message)
    end
  end
  d = d or { code = code, severity = "warning", message = message,
    file = st and st.origin or self.path, line = st and st.line,
    column = st and (st.column or 1), hint = diag.codes[code].hint }
  if hint then d.hint = hint end
  self.list[#self.list + 1] = d
end

-- Warnings about rules, those of rule modules left out: they are somebody
-- else's to mend.
function Check:of_rules(warnings)
  local foreign = {}
  for _, module in ipairs(self.kb.modules) do
    foreign[module:chunk().name] = true
  end
  for _, d in ipairs(warnings) do
    if not foreign[d.file] then self.list[#self.list + 1] = d end
  end
end

-- ------------------------------------------------------------------- backing

local function atom(st)
  return require "dragoman.dump".atom(st.relation, st.args)
end

-- How names and terms read is no knowledge, and needs no source.
local WORDING = { phrase = true, noun = true, assumed_as = true,
  plural = true }

function Check:unsourced()
  for _, st in ipairs(self.statements) do
    if st.kind == "fact" and not st.source and not st.label
      and not st.because and not WORDING[st.relation] then
      self:warn("W601", st, atom(st) .. " rests on nothing")
    end
  end
end

function Check:undeclared()
  local schema, first = self.view:schema(), {}
  for _, st in ipairs(self.statements) do
    local name = st.relation and st.relation:gsub("^%-", "")
    if name and not first[name] then first[name] = st end
  end
  for _, name in ipairs(schema.order) do
    local entry = schema.relations[name]
    if not entry.declared and not entry.builtin then
      local near, at = diag.suggestion(name, self:declared()), entry.at
      local message = name .. " is not declared"
      if first[name] or not at then
        self:warn("W603", first[name], message, near)
      else
        self.list[#self.list + 1] = diag.new("W603", at.where, at.node.pos,
          at.node.stop, message, near and { hint = near })
      end
    end
  end
end

function Check:declared()
  local set = {}
  for name, entry in pairs(self.view:schema().relations) do
    if entry.declared and not entry.builtin then set[name] = true end
  end
  return set
end

-- ----------------------------------------------------------------- paragraphs

--- The fields of a source that have no tag of their own, as values.
function M.source_fields(st)
  local found = {}
  for _, text in ipairs(st.field or {}) do
    local chunk = grammar.parse("source s { " .. text .. " }.", "field")
    local node = chunk[1]
    for name, value in pairs(node and node.fields or {}) do
      found[name] = value.value
    end
  end
  return found
end

local function number_set(text)
  local set = {}
  for number in tostring(text or ""):gmatch "%d+" do
    set[tonumber(number)] = true
  end
  return set
end

-- 2, 3, 4, 9 as "2-4, 9".
local function ranges(numbers)
  local parts, i = {}, 1
  while i <= #numbers do
    local j = i
    while numbers[j + 1] == numbers[j] + 1 do j = j + 1 end
    parts[#parts + 1] = i == j and tostring(numbers[i])
      or numbers[i] .. "-" .. numbers[j]
    i = j + 1
  end
  return table.concat(parts, ", ")
end

function Check:paragraphs()
  local covered = {}
  for _, st in ipairs(self.statements) do
    if st.kind == "claim" and st.source and st.para then
      covered[st.source] = covered[st.source] or {}
      covered[st.source][st.para] = true
    end
  end
  for _, st in ipairs(self.statements) do
    local fields = st.kind == "source" and M.source_fields(st) or {}
    local count, silent = fields.paragraphs, number_set(fields.silent)
    if math.type(count) == "integer" then
      local missing = {}
      for i = 1, count do
        if not silent[i] and not (covered[st.id] or {})[i] then
          missing[#missing + 1] = i
        end
      end
      if #missing > 0 then
        self:warn("W602", st, string.format("no claim covers paragraph%s %s of "
          .. "%s", #missing == 1 and "" or "s", ranges(missing), st.id),
          "encode them; a paragraph that asserts nothing belongs in the "
          .. "source's field `silent`")
      end
    end
  end
end

-- ---------------------------------------------------------------- constraints

local function binding(vars, row)
  local parts = {}
  for i, var in ipairs(vars) do
    parts[i] = var.name .. " = " .. values.show(row[i])
  end
  return #parts > 0 and " for " .. table.concat(parts, ", ") or ""
end

local MOST_ROWS = 5 -- broken instances shown of one constraint

function Check:constraints()
  for i, never in ipairs(self.view:schema().nevers) do
    local model, asked = self.view:goal_model(never.node.body, never.where,
      "never " .. i, never.owner.scope)
    local rows = model and model:rows(asked.relation) or {}
    local shown = 0
    for _, row in ipairs(rows) do
      if row.truth == "true" and shown < MOST_ROWS then
        shown = shown + 1
        self.list[#self.list + 1] = diag.new("W604", never.where,
          never.node.pos, never.node.stop, "this is broken"
          .. binding(asked.vars, row))
      end
    end
  end
end

-- -------------------------------------------------------------------- hidden

local REASON = { later = "published later", source = "another source",
  speaker = "another speaker", because = "rests on a hidden claim",
  withdrawn = "withdrawn" }

function Check:hidden()
  local _, hidden = self.view:visible()
  local count, ids, total = {}, {}, 0
  for _, item in ipairs(hidden) do
    local st = item.statement
    local key = REASON[item.hidden] or item.hidden
    count[key] = (count[key] or 0) + 1
    total = total + 1
    ids[total] = st.id or st.relation and atom(st) or st.kind
  end
  if total == 0 then return end
  local parts = {}
  for reason, n in pairs(count) do parts[#parts + 1] = n .. " " .. reason end
  table.sort(parts)
  self:warn("W606", nil, string.format("the view (at %s, known by %s) hides "
    .. "%d statement%s: %s", tostring(self.view.at),
    tostring(self.view.known_by), total, total == 1 and "" or "s",
    table.concat(parts, ", ")), table.concat(ids, ", "))
end

-- ----------------------------------------------------------------------- API

--- Check an open knowledge base. options as for kb:view. Array of
-- diagnostics.
function M.kb(kb, options)
  local self = setmetatable({ kb = kb, path = kb.path or "memory",
    list = {}, statements = kb:all() }, Check)
  local view, message, code = kb:view(options)
  if not view then return nil, message, code end
  self.view = view
  local ready, problem, kind, list = view:ready()
  if not ready then
    view:close()
    if list then return list end
    return nil, problem, kind
  end
  self:of_rules(view.warnings)
  for _, d in ipairs(view.build.diagnostics) do
    self.list[#self.list + 1] = d
  end
  self:unsourced()
  self:undeclared()
  self:paragraphs()
  self:constraints()
  self:hidden()
  view:close()
  return self.list
end

--- Open and check: diagnostics, or nil, message, code when it can't be
-- opened for another reason than mistakes in its text.
function M.run(path, options)
  local kb, message, code, list = require "dragoman".open(path,
    { readonly = true })
  if not kb then
    if list then return list end
    return nil, message, code
  end
  local found, problem, kind = M.kb(kb, options)
  kb:close()
  return found, problem, kind
end

M.has_errors = failure.has_errors

return M
