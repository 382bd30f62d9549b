-- Everything that takes part in a view, put together as one program: the
-- engine's relations, rule modules, the rules and declarations stored, and the
-- rules that claims bring along.

local belief = require "dragoman.belief"
local functions = require "dragoman.functions"
local grammar = require "dragoman.grammar"
local lower = require "dragoman.lower"
local messages = require "dragoman.messages"
local schemas = require "dragoman.schema"
local statements = require "dragoman.statements"
local values = require "dragoman.values"

local M = { each_statement = schemas.each_statement }

--- The scope of a file's private relations; what is entered has none.
function M.scope_of(origin)
  if not origin or origin == "entered" then return nil end
  return (origin:gsub("%.dm$", ""):gsub("[^%w_]", "_"))
end

-- ---------------------------------------------------------------- stored text

local TEXT = { rule = true, declaration = true, import = true }

local parsed = setmetatable({}, { __mode = "v" })

local function parse(text, name)
  local key = name .. "\0" .. text
  local chunk = parsed[key]
  if not chunk then
    chunk = grammar.parse(text, name)
    parsed[key] = chunk
  end
  return chunk
end

-- A text under construction in which every statement stands in the line and
-- column it was written in.
local function new_page(origin)
  return { origin = origin, parts = {}, line = 1, column = 1, docs = {} }
end

local function place(page, st)
  local line, column = st.line or page.line, st.column or 1
  if line < page.line or line == page.line and column < page.column then
    return false
  end
  local parts = page.parts
  page.docs[line] = st.doc
  if line > page.line then
    parts[#parts + 1] = ("\n"):rep(line - page.line)
    page.column = 1
  end
  parts[#parts + 1] = (" "):rep(column - page.column) .. st.text
  local last = st.text:match "[^\n]*$"
  local lines = select(2, st.text:gsub("\n", ""))
  page.line = line + lines
  page.column = (lines == 0 and column or 1) + (utf8.len(last) or #last)
  return true
end

--- The stored rules, declarations and imports as chunks {chunk=, scope=,
-- docs=}: docs has what the comment above a rule said, by line.
function M.stored_chunks(list)
  local pages, open = {}, {}
  for _, st in ipairs(list) do
    if TEXT[st.kind] and st.text then
      local page = open[st.origin]
      if not page or not place(page, st) then
        page = new_page(st.origin)
        open[st.origin] = page
        pages[#pages + 1] = page
        place(page, st)
      end
    end
  end
  local chunks = {}
  for i, page in ipairs(pages) do
    chunks[i] = { chunk = parse(table.concat(page.parts), page.origin),
      scope = M.scope_of(page.origin), docs = page.docs }
  end
  return chunks
end

-- -------------------------------------------------------------------- schema

local ABOUT_CLAIMS = { claim = true, source = true, question = true,
  entity = true }

-- Is there nothing that the engine's own relations would speak of?
local function is_bare(list, ...)
  for _, st in ipairs(list) do
    if ABOUT_CLAIMS[st.kind] or st.label then return false end
  end
  local bare = true
  for _, chunks in ipairs { ... } do
    for _, c in ipairs(chunks) do
      schemas.each_statement(c.chunk, function(node)
        bare = bare and not ABOUT_CLAIMS[node.tag]
      end)
    end
  end
  return bare
end

--- A schema of modules, stored statements and further chunks
-- ({chunk=, scope=}): the schema, the stored chunks, diagnostics.
function M.schema(modules, list, more)
  local stored = M.stored_chunks(list)
  local bare = #modules == 0 and is_bare(list, stored, more or {})
  local schema, problems = schemas.new(bare), {}
  local chunks = {}
  for _, f in ipairs(functions) do schema:declare_function(f, true) end
  for _, module in ipairs(modules) do
    for _, f in ipairs(module.functions) do schema:declare_function(f) end
    local chunk, mistakes = module:chunk()
    table.move(mistakes, 1, #mistakes, #problems + 1, problems)
    chunks[#chunks + 1] = { chunk = chunk, scope = module.name,
      module = module }
  end
  table.move(stored, 1, #stored, #chunks + 1, chunks)
  table.move(more or {}, 1, #(more or {}), #chunks + 1, chunks)
  for _, c in ipairs(chunks) do schema:add_declarations(c.chunk, c) end
  for _, c in ipairs(chunks) do schema:add_statements(c.chunk, c) end
  for _, st in ipairs(list) do schema:add_stored(st) end
  local mistakes = schema:finish()
  table.move(mistakes, 1, #mistakes, #problems + 1, problems)
  return schema, chunks, problems
end

-- --------------------------------------------------------------------- types

local WIDER = { int = { float = "float" }, float = { int = "float" } }

local function join(a, b)
  if a == nil or a == b then return b end
  return WIDER[a] and WIDER[a][b] or "term"
end

-- Column types of relations that nobody declared, from their stored facts.
local function infer_types(low, list)
  for _, st in ipairs(list) do
    if st.args and (st.kind == "fact" or st.kind == "judgement") then
      local types = low.inferred[st.relation] or {}
      low.inferred[st.relation] = types
      for i, value in ipairs(st.args) do
        types[i] = join(types[i], values.type(value))
      end
    end
  end
end

-- -------------------------------------------------------------------- program

local function derives(chunk, name)
  for _, node in ipairs(chunk) do
    if node.tag == "rule" and node.head.name == name then return true end
  end
  return false
end

-- Facts in the text of a module hold wherever the module is used.
local function fact_as_rule(node)
  return { tag = "rule", mode = "strict", head = node.atom, pos = node.pos,
    stop = node.stop, prob = node.prob }
end

local function doc_of(c, node)
  if not c.docs then return statements.comment_above(c.chunk, node.pos) end
  local line = messages.span(c.chunk, node.pos, node.pos)
  return c.docs[line]
end

local function lower_chunk(low, c)
  local phase = c.module and derives(c.chunk, "believed") and "belief" or nil
  schemas.each_statement(c.chunk, function(node)
    local options = { scope = c.scope, phase = phase,
      module = c.module and c.module.name }
    if node.tag == "rule" then
      options.doc = doc_of(c, node)
      low:rule(node, c.chunk, options)
    elseif node.tag == "fact" and c.facts ~= false then
      low:rule(fact_as_rule(node), c.chunk, options)
    elseif node.tag == "beats" then
      low:refuse("E503", node, c.chunk, "`beats` is not evaluated yet")
    end
  end)
end

--- Build the program of a view. options: modules (in order), statements (the
-- visible ones), chunks (more rules: {chunk=, scope=}). Returns a build:
-- {schema=, low=, diagnostics=}; `build.low:program()` gives the table.
function M.build(options)
  local schema, chunks, problems = M.schema(options.modules,
    options.statements, options.chunks)
  local low = lower.new(schema)
  infer_types(low, options.statements)
  for _, c in ipairs(chunks) do lower_chunk(low, c) end
  local claims = {}
  for _, st in ipairs(options.statements) do
    if st.kind == "claim" then claims[#claims + 1] = st end
  end
  low.keep_builtin = #claims > 0 or options.keep_builtin
  belief.generate(low, claims)
  table.move(low.list, 1, #low.list, #problems + 1, problems)
  return { schema = schema, low = low, diagnostics = problems,
    claims = claims }
end

return M
