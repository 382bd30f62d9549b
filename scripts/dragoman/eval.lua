-- Programs without a store: `dragoman eval` and `dragoman explain`.
--
-- A program is one file of the language. Its facts and claims are put into a
-- view of a knowledge base held in memory, its imports are read straight into
-- the evaluator as inputs, its exports are written. Only its own rules are
-- used: no rule library, so nothing that is claimed is believed.

local core = require "dragoman.core"
local diag = require "dragoman.diag"
local failure = require "dragoman.failure"
local formula = require "dragoman.formula"
local functions = require "dragoman.functions"
local grammar = require "dragoman.grammar"
local lower = require "dragoman.lower"
local messages = require "dragoman.messages"
local schemas = require "dragoman.schema"
local statements = require "dragoman.statements"
local terms = require "dragoman.terms"
local values = require "dragoman.values"

local M = {}

local Program = {}
Program.__index = Program

local NOT_INPUT = { rule = true, declaration = true, import = true }

local has_errors = failure.has_errors

local function append(to, from)
  table.move(from, 1, #from, #to + 1, to)
end

local function read_file(path)
  local file, problem = io.open(path, "rb")
  if not file then return nil, (problem:gsub("^(.-): ", "can't read %1: ")) end
  local text = file:read "a"
  file:close()
  if not text then return nil, "can't read " .. path .. ": it is no file" end
  return text
end

M.read_file = read_file

-- ----------------------------------------------------------------- reading

local ABOUT_CLAIMS = { claim = true, source = true, question = true }

-- A program that makes no claims may use the engine's names as its own.
local function is_bare(chunk)
  local bare = true
  schemas.each_statement(chunk, function(node)
    bare = bare and not ABOUT_CLAIMS[node.tag]
  end)
  return bare
end

local function new_schema(chunk)
  local schema = schemas.new(is_bare(chunk))
  for _, f in ipairs(functions) do schema:declare_function(f, true) end
  schema:add_chunk(chunk, {})
  return schema, schema:finish()
end

local function make_statements(chunk, schema)
  local env = statements.prepare(chunk, { schema = schema })
  return statements.make(env)
end

-- What the facts say of columns whose type nobody declared.
local function widen(old, new)
  if old == nil or old == new then return new end
  local numbers = { int = true, float = true }
  return numbers[old] and numbers[new] and "float" or "term"
end

local function infer_types(list)
  local inferred = {}
  for _, st in ipairs(list) do
    if st.relation and st.args then
      local types = inferred[st.relation] or {}
      inferred[st.relation] = types
      for i, arg in ipairs(st.args) do
        types[i] = widen(types[i], values.type(arg))
      end
    end
  end
  return inferred
end

local function refuse_ranks(chunk, list)
  schemas.each_statement(chunk, function(node)
    if node.tag == "beats" then
      terms.report({ chunk = chunk, list = list }, "E503", node,
        "`beats` is not evaluated yet")
    end
  end)
end

local function lower_rules(chunk, schema, list)
  local low = lower.new(schema)
  low.inferred = infer_types(list)
  schemas.each_statement(chunk, function(node)
    if node.tag == "rule" then low:rule(node, chunk, {}) end
  end)
  refuse_ranks(chunk, low.list)
  return low
end

-- What the core's checker finds in the rules that could be lowered, so that all
-- mistakes of a program are reported at once.
local function found_by_core(low, known)
  -- What is too wide for the core can't be shown to it.
  for _, d in ipairs(known) do if d.code == "E227" then return {} end end
  local kb <close> = assert(core.open())
  local view <close> = assert(kb:view())
  local made, raw = view:program(low:program())
  local list = {}
  if made or type(raw) ~= "table" then return list end
  for i, d in ipairs(raw) do list[i] = messages.from_core(d, low.chunks) end
  return list
end

--- Read a program: an object, or nil, message, and diagnostics if the file
-- could be read.
function M.read(path)
  local text, problem = read_file(path)
  if not text then return nil, problem end
  local chunk, list = grammar.parse(text, path)
  local self = setmetatable({ chunk = chunk, list = list, path = path },
    Program)
  if has_errors(list) then return nil, nil, list end
  local schema, found = new_schema(chunk)
  append(list, found)
  local facts, more = make_statements(chunk, schema)
  append(list, more)
  self.schema, self.facts = schema, facts
  self.low = lower_rules(chunk, schema, facts)
  append(list, self.low.list)
  if has_errors(list) then
    append(list, found_by_core(self.low, list))
    return nil, nil, list
  end
  return self
end

-- --------------------------------------------------------------- evaluating

--- Add a goal; its relation and variables, or nil and diagnostics.
function Program:goal(text)
  local node, list = grammar.parse_formula(text, "goal")
  if not node then return nil, list end
  local chunk = { tag = "chunk", name = "goal", text = text }
  local before = #self.low.list
  local name, vars = self.low:goal(node, chunk)
  list = table.move(self.low.list, before + 1, #self.low.list, 1, {})
  if has_errors(list) then return nil, list end
  return name, vars, node
end

local function add_statements(view, list)
  for _, st in ipairs(list) do
    if not NOT_INPUT[st.kind] then
      local serial, message, code = view:add(st)
      if not serial then return nil, message, code end
    end
  end
  return true
end

--- Check the program: its core program, or nil, message, diagnostics.
function Program:check(options)
  options = options or {}
  self.kb = assert(core.open())
  self.view = assert(self.kb:view { at = options.at or options.known_by,
    known_by = options.known_by, sole = true })
  local ok, message, code = add_statements(self.view, self.facts)
  if not ok then return nil, message, nil, code end
  self.table = self.low:program()
  local program, found = self.view:program(self.table)
  local raw = program and program:diagnostics() or found
  if type(raw) ~= "table" then return nil, raw end
  for _, d in ipairs(raw) do
    local rule = d.rule and self.table.rules[d.rule]
    self.list[#self.list + 1] = messages.from_core(d, self.low.chunks,
      rule and self.low.users[rule.user].chunk)
  end
  if not program then return nil, nil, self.list end
  self.program = program
  return program
end

function Program:column_types(name)
  for _, relation in ipairs(self.program:relations()) do
    if relation.name == name then return relation.columns end
  end
end

local function joined(folder, file)
  if file:sub(1, 1) == "/" then return file end
  return folder:gsub("/$", "") .. "/" .. file
end

-- Each option of an import or export: what it sets.
local OPTIONS = {
  csv = function(options, on)
    if on then options.separator, options.quoted = ",", true end
  end,
  tsv = function(options, on) if on then options.separator = "\t" end end,
  quoted = function(options, on) options.quoted = on end,
  header = function(options, on) options.header = on end,
  separator = function(options, text) options.separator = text end,
  columns = function(options, names)
    options.names, options.header = names, true
  end,
}

-- Options of an import or export as the core takes them.
local function file_options(self, node)
  local options = { quoted = node.file:match "%.csv$" ~= nil or nil }
  for name, value in pairs(node.options or {}) do
    if OPTIONS[name] then OPTIONS[name](options, value)
    else
      self.list[#self.list + 1] = diag.new("E221", self.chunk, node.pos,
        node.stop, "there is no option " .. name,
        { hint = "options are csv, tsv, header, columns, quoted, separator" })
    end
  end
  return options
end

local function import(self, node, folder, threads)
  local options = file_options(self, node)
  options.types, options.threads = {}, threads
  options.once = true -- the view is evaluated once
  for i, column in ipairs(self:column_types(node.name) or {}) do
    options.types[i] = column.type
  end
  local path = joined(folder, node.file)
  local rows, message = self.view:table(node.name, path, options)
  if rows then return rows end
  self.list[#self.list + 1] = diag.new("E222", self.chunk, node.pos,
    node.stop, message)
  return nil
end

local function directory(path) return path:match "^(.*)/[^/]*$" or "." end

--- Let `evaluate` and `import` keep to what a goal's relation needs; its name
-- in the program that is evaluated then, or nil, message.
function Program:demand(relation, options)
  local less, name = self.program:demand(relation, nil, options)
  if not less then return nil, name end
  self.less, self.needed = less, {}
  for _, entry in ipairs(less:relations()) do
    if entry.input ~= "none" then self.needed[entry.of] = true end
  end
  return name
end

--- Read the imports, from `folder` or beside the program, on so many threads
-- (nil: all there are): true, or nil and diagnostics. They serve one evaluation.
function Program:import(folder, threads)
  for _, entry in ipairs(self.schema.imports) do
    if not self.needed or self.needed[entry.node.name] then
      import(self, entry.node, folder or directory(self.path), threads)
    end
  end
  if has_errors(self.list) then return nil, self.list end
  return true
end

-- The program as it is evaluated: for a goal, or with what is named by
-- constants kept apart; not for proofs, nor where rows and rounds are counted.
local function evaluated(self, options, proves)
  if self.less then return self.less end
  options = options or {}
  if proves or options.facts or options.rounds or options.trace then
    return self.program
  end
  return self.program:divide() or self.program
end

--- Evaluate: the model, or nil, message, code. options: threads, facts,
-- rounds, bytes, seconds, trace; with `proves` its rows can be proved.
function Program:evaluate(options, proves)
  local model, message, code = self.view:evaluate(
    evaluated(self, options, proves), options)
  self.model = model
  return model, message, code
end

--- Write the exports into `folder` or beside the program: an array of {name,
-- rows, disputed rows left out}; nil, message.
function Program:export(folder)
  local written = {}
  for _, entry in ipairs(self.schema.exports) do
    local node = entry.node
    local rows, disputed = self.model:write(node.name,
      joined(folder or directory(self.path), node.file),
      file_options(self, node))
    if not rows then return nil, disputed end
    written[#written + 1] = { node.name, rows, disputed }
  end
  return written
end

--- Names of the relations that are exported or, if none is, derived.
function Program:outputs()
  local names, seen = {}, {}
  local function add(name)
    if not seen[name] then
      seen[name] = true
      names[#names + 1] = name
    end
  end
  for _, entry in ipairs(self.schema.exports) do add(entry.node.name) end
  if #names > 0 then return names end
  for _, rule in ipairs(self.table.rules) do
    if not rule.head.rel:find("@", 1, true) then add(rule.head.rel) end
  end
  table.sort(names)
  return names
end

--- The constant arguments of a goal that is one ground atom; nil otherwise.
function M.ground_atom(node)
  if node.tag ~= "atom" or node.named or #formula.variables(node) > 0 then
    return nil
  end
  return node
end

return M
