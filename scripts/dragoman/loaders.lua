-- Getting knowledge in: knowledge text, tables, folders.
--
-- A folder is the truth for what its files state. Its store remembers a digest
-- of the files, of the tables they import and of the modules they are read
-- with; when it differs, all files are read again and what changed is
-- committed as one transaction. What was entered stays.

local checker = require "dragoman.checker"
local core = require "dragoman.core"
local diag = require "dragoman.diag"
local dump = require "dragoman.dump"
local failure = require "dragoman.failure"
local grammar = require "dragoman.grammar"
local program = require "dragoman.program"
local statements = require "dragoman.statements"
local terms = require "dragoman.terms"
local values = require "dragoman.values"

local M = {}

--- The text of a file, or nil, message, code.
function M.read(path)
  local stat, message, code = core.stat(path)
  if not stat then return nil, message, code end
  if stat.kind ~= "file" then return nil, path .. " is no file", "io" end
  local file, problem = io.open(path, "rb")
  if not file then return nil, "can't read " .. problem, "io" end
  local text = file:read "a"
  file:close()
  return text
end

local function folder_of(path) return path:match "^(.*)/[^/]*$" or "." end

local function base_name(path) return path:match "[^/]*$" end

local function joined(folder, file)
  if file:sub(1, 1) == "/" then return file end
  return folder .. "/" .. file
end

-- --------------------------------------------------------------------- tables

-- Options of an import: what each sets for the core.
local OPTIONS = {
  csv = function(options, on)
    if on then options.separator, options.quoted = ",", true end
  end,
  tsv = function(options, on) if on then options.separator = "\t" end end,
  quoted = function(options, on) options.quoted = on end,
  header = function(options, on) options.header = on end,
  separator = function(options, text) options.separator = text end,
}

-- How to read the table that an import statement names: {file=, options=}.
local function table_import(node, folder, entry, where, list)
  local options = { types = {}, quoted = node.file:match "%.csv$" ~= nil
    or nil }
  for name, value in pairs(node.options or {}) do
    if OPTIONS[name] then OPTIONS[name](options, value)
    else
      list[#list + 1] = diag.new("E221", where, node.pos, node.stop,
        "an import has no option " .. name,
        { hint = "options are csv, tsv, header, quoted, separator" })
    end
  end
  for i, column in ipairs(entry and entry.columns or {}) do
    options.types[i] = terms.engine_type(column.type)
    if not options.types[i] then
      list[#list + 1] = diag.new("E219", where, node.pos, node.stop,
        "column " .. i .. " of " .. node.name .. " has no type")
      return nil
    end
  end
  if #options.types == 0 then
    list[#list + 1] = diag.new("E219", where, node.pos, node.stop,
      node.name .. " has no declared columns")
    return nil
  end
  return { file = joined(folder, node.file), options = options }
end

-- The imports among a chunk's statements, by statement table.
local function imports_of(env, made, folder, list)
  local imports, nodes = {}, {}
  program.each_statement(env.chunk, function(node)
    if node.tag == "import" then nodes[#nodes + 1] = node end
  end)
  local n = 0
  for _, st in ipairs(made) do
    if st.kind == "import" then
      n = n + 1
      imports[st] = table_import(nodes[n], folder,
        env.schema:find(st.relation, env.scope), env.chunk, list)
    end
  end
  return imports
end

local NUMERAL = "^%-?%d+$"

-- The narrowest type that a field could be of.
local function type_of(field)
  if field:match(NUMERAL) and math.tointeger(tonumber(field)) then
    return "int"
  end
  if tonumber(field) and field:match "^%-?%d+%.?%d*[eE]?[%+%-]?%d*$" then
    return "float"
  end
  if field:match "^%d%d%d%d%-%d%d%-%d%d$" and values.parse_date(field) then
    return "date"
  end
  return "symbol"
end

local function widen(old, new)
  if old == nil or old == new then return new end
  if old == "int" and new == "float" or old == "float" and new == "int" then
    return "float"
  end
  return "symbol"
end

local SAMPLE = 1000 -- lines that types are guessed from

-- The fields of one line; a quoted field may hold separators. Good enough for
-- guessing: the core reads the table itself.
local function split(line, separator)
  local fields, pos = {}, 1
  while pos <= #line + 1 do
    local quoted, stop = line:match('^"([^"]*)"()', pos)
    if not quoted then
      local finish = line:find(separator, pos, true) or #line + 1
      quoted, stop = line:sub(pos, finish - 1), finish
    end
    fields[#fields + 1] = quoted
    pos = stop + 1
  end
  return fields
end

-- Names and types of a table's columns, guessed from its first lines.
local function guess_columns(path, separator, header)
  local types, names, n = {}, {}, 0
  local file, problem = io.open(path, "r")
  if not file then return nil, "can't read " .. problem, "io" end
  for line in file:lines() do
    n = n + 1
    local fields = split((line:gsub("\r$", "")), separator)
    if n == 1 and header then names = fields
    else
      for i, field in ipairs(fields) do
        types[i] = widen(types[i], type_of(field))
      end
    end
    if n > SAMPLE then break end
  end
  file:close()
  return types, names
end

local function column_text(types, names)
  local parts = {}
  for i, type_name in ipairs(types) do
    local name = (names[i] or ""):lower():gsub("[^%w_]", "_")
    if not values.is_name(name) then name = "column_" .. i end
    parts[i] = name .. ": " .. type_name
  end
  return table.concat(parts, ", ")
end

local MOST_MISTAKES = 20

-- Names in columns of entities are checked like those of facts: an array of
-- diagnostics.
local function check_entities(path, separator, header, entry, schema)
  local list, number = {}, 0
  local checked = {}
  for i, column in ipairs(entry.columns) do
    local type_name = column.type
    if type_name and not terms.basic_types[type_name] then
      checked[i] = type_name
    end
  end
  if not next(checked) then return list end
  for line in io.lines(path) do
    number = number + 1
    -- A quoted field that goes over lines: left to the core.
    if select(2, line:gsub('"', "")) % 2 == 1 then break end
    local fields = split((line:gsub("\r$", "")), separator)
    for i, type_name in pairs(checked) do
      local name = fields[i]
      if name and not (header and number == 1) and #list < MOST_MISTAKES
        and not schema:is_entity(type_name, name) then
        list[#list + 1] = { code = "E205", severity = "error", file = path,
          line = number, column = (line:find(name, 1, true) or 1),
          length = #name, text = line, pos = number, stop = number,
          message = string.format("no %s is called %s", type_name,
            values.symbol_text(name)), hint = diag.suggestion(name,
            schema:entity_names(type_name)) or diag.codes.E205.hint }
      end
    end
  end
  return list
end

local function unknown_relation(name, path, schema)
  local declared = {}
  for other, entry in pairs(schema.relations) do
    if entry.declared and not entry.builtin then declared[other] = true end
  end
  local near = diag.near(name, declared)
  if not near then return nil end
  local file = io.open(path)
  local line = file and file:read "l" or ""
  if file then file:close() end
  return { code = "E202", severity = "error", file = path, line = 1,
    column = 1, length = utf8.len(line) or #line, text = line, pos = 1,
    stop = #line + 1, message = "there is no relation " .. name,
    hint = string.format("did you mean `%s`? Then load it as that "
      .. "(--relation %s); else declare %s first", near, near, name) }
end

-- Load a table as rows of a relation: number of rows, "row".
local function load_table(kb, path, options)
  local separator = options.separator
    or path:match "%.csv$" and "," or "\t"
  local name = options.relation or base_name(path):gsub("%.%w+$", "")
  if not values.is_name(name) then
    return nil, values.quote(name) .. " is no name for a relation; give one",
      "invalid"
  end
  local schema = kb:schema()
  local entry, columns = schema:find(name), ""
  if not entry or not entry.declared then
    local mistake = not entry and unknown_relation(name, path, schema)
    if mistake then return failure.check { mistake } end
    local types, names, code = guess_columns(path, separator, options.header)
    if not types then return nil, names, code end
    columns = "(" .. column_text(types, names) .. ")"
  end
  local text = string.format("import %s%s from %s.", name, columns,
    values.quote(path))
  local chunk, list = grammar.parse(text, path)
  if failure.has_errors(list) then return failure.check(list) end
  local with = kb:schema { { chunk = chunk } }
  local env = statements.prepare(chunk, { schema = with, origin = "entered" })
  local made, mistakes = statements.make(env)
  local import = table_import(chunk[1], ".", with:find(name), chunk, mistakes)
  if not import or failure.has_errors(mistakes) then
    return failure.check(mistakes)
  end
  if entry then
    mistakes = check_entities(path, separator, options.header, entry, schema)
    if #mistakes > 0 then return failure.check(mistakes) end
  end
  import.file = path
  import.options.separator = separator
  import.options.header = options.header or nil
  import.options.quoted = separator == "," or nil
  local plan = { add = made, imports = { [made[1]] = import }, schema = with,
    author = options.author, message = options.message or "load " .. path }
  local number, message, code = kb:commit(plan)
  if not number then return nil, message, code end
  return plan.rows or 0, "row"
end

-- ----------------------------------------------------------------------- text

-- Parse files: array of {chunk=, scope=, folder=}, or nil and what went wrong.
local function parse_all(files)
  local chunks, list = {}, {}
  for i, file in ipairs(files) do
    local chunk, mistakes = grammar.parse(file.text, file.name)
    table.move(mistakes, 1, #mistakes, #list + 1, list)
    chunks[i] = { chunk = chunk, scope = program.scope_of(file.origin),
      origin = file.origin, folder = file.folder }
  end
  return chunks, list
end

-- Where a declaration could not be read, names are unknown for that reason.
local NAMES = { E202 = true, E205 = true, E206 = true, E208 = true,
  E209 = true, E210 = true, E215 = true, E219 = true, E220 = true }

local function without_names(list)
  local rest = {}
  for _, d in ipairs(list) do
    if not NAMES[d.code] then rest[#rest + 1] = d end
  end
  return rest
end

--- The statements of files {name=, text=, origin=, folder=} read together, on
-- top of the statements in `list`: {add=, imports=, schema=, chunks=}, or nil,
-- message, code, diagnostics.
function M.statements(files, modules, list)
  local chunks, mistakes = parse_all(files)
  local unreadable = failure.has_errors(mistakes)
  local schema, _, problems = program.schema(modules, list, chunks)
  table.move(problems, 1, #problems, #mistakes + 1, mistakes)
  local index, envs = statements.claim_index(), {}
  for _, st in ipairs(list) do
    if st.kind == "claim" then statements.index_claim(index, st.id) end
  end
  for i, c in ipairs(chunks) do
    envs[i] = statements.prepare(c.chunk, { schema = schema, claims = index,
      origin = c.origin, scope = c.scope })
  end
  local plan = { add = {}, imports = {}, schema = schema, chunks = chunks }
  for i, env in ipairs(envs) do
    local made, found = statements.make(env)
    for st, import in pairs(imports_of(env, made, chunks[i].folder, found)) do
      plan.imports[st] = import
    end
    table.move(found, 1, #found, #mistakes + 1, mistakes)
    table.move(made, 1, #made, #plan.add + 1, plan.add)
  end
  if failure.has_errors(mistakes) then
    local more = checker.rules(modules, list, chunks, mistakes)
    for _, d in ipairs(more) do
      -- Columns may be unknown for what could not be read; safety isn't.
      if not unreadable or d.code == "E310" then mistakes[#mistakes + 1] = d end
    end
  end
  if unreadable then mistakes = without_names(mistakes) end
  if failure.has_errors(mistakes) then return failure.check(mistakes) end
  return plan
end

-- Everything but the serial: two statements with the same key are the same.
local function statement_key(st)
  return table.concat({ st.kind, st.origin, st.line or 0, st.column or 0,
    st.id and values.show(st.id) or "", st.atom and values.show(st.atom) or "",
    st.sign or 0, dump.statement(st), st.doc or "" }, "\0")
end

-- Keep in plan.add what is not there yet; retract what is no longer stated.
-- Imports are always read again: their tables may have changed.
local function only_difference(plan, old)
  local there = {}
  for _, st in ipairs(old) do
    local key = statement_key(st)
    there[key] = there[key] or {}
    table.insert(there[key], st.serial)
  end
  local add = {}
  for _, st in ipairs(plan.add) do
    local twins = there[statement_key(st)]
    if twins and #twins > 0 and st.kind ~= "import" then table.remove(twins)
    else add[#add + 1] = st end
  end
  plan.add, plan.retract = add, {}
  for _, twins in pairs(there) do
    table.move(twins, 1, #twins, #plan.retract + 1, plan.retract)
  end
  table.sort(plan.retract)
end

-- A commit refused over a statement: the diagnostic at its place.
local function at_statement(plan, message, code)
  local file, line, rest = message:match "^([^:]*):(%d+): (.*)$"
  local st = plan.failed
  for _, other in ipairs(code == "key" and plan.add or {}) do
    if other.origin == file and other.line == tonumber(line) then
      st = st or other
      message = rest
    end
  end
  if not st then return nil, message, code end
  for _, c in ipairs(plan.chunks) do
    if c.origin == st.origin then
      local chunk = c.chunk
      chunk.starts = chunk.starts or diag.line_starts(chunk.text)
      local start = chunk.starts[st.line]
      local pos = utf8.offset(chunk.text, st.column, start)
      local stop = chunk.text:find("\n", pos, true) or #chunk.text + 1
      return failure.check { diag.new(code == "key" and "E226" or "E222",
        chunk, pos, stop, message) }
    end
  end
  return nil, message, code
end

-- Check the rules of a plan, then commit it.
local function commit(kb, plan, known)
  local ok, message, code, list = checker.plan(kb.modules, known, plan)
  if not ok then return nil, message, code, list end
  local number, problem, kind = kb:commit(plan)
  if not number then return at_statement(plan, problem, kind) end
  return number
end

local function load_text(kb, path, options)
  local text, message, code = M.read(path)
  if not text then return nil, message, code end
  local origin = kb.kind == "folder" and "entered" or base_name(path)
  local old, others = {}, {}
  for _, st in ipairs(kb:all()) do
    local same = st.origin == origin and origin ~= "entered"
    table.insert(same and old or others, st)
  end
  local plan, problem, kind, list = M.statements({ { name = path,
    text = text, origin = origin, folder = folder_of(path) } }, kb.modules,
    others)
  if not plan then return nil, problem, kind, list end
  local count = #plan.add
  only_difference(plan, old)
  plan.message, plan.author = options.message or "load " .. path,
    options.author
  local number, trouble, why, mistakes = commit(kb, plan, others)
  if not number then return nil, trouble, why, mistakes end
  kb.texts[origin] = plan.chunks[1].chunk
  return count, "statement"
end

local TABLES = { csv = true, tsv = true, facts = true }

local LOAD_OPTIONS = { relation = true, header = true, separator = true,
  author = true, message = true }

--- Load a file: knowledge text (.dm), or a table (.csv, .tsv, .facts) as rows
-- of a relation. Returns how many statements or rows, and which of the two.
-- Text that was loaded from the same file before is replaced.
function M.load(kb, path, options)
  options = options or {}
  for key in pairs(options) do
    if not LOAD_OPTIONS[key] then
      error("load has no option '" .. tostring(key) .. "'", 3)
    end
  end
  local stat, message, code = core.stat(path)
  if not stat then return nil, message, code end
  if TABLES[path:match "%.(%w+)$" or ""] or options.relation then
    return load_table(kb, path, options)
  end
  return load_text(kb, path, options)
end

-- --------------------------------------------------------------------- folders

local function folder_files(path)
  local entries, message, code = core.files(path)
  if not entries then return nil, message, code end
  local files = {}
  for _, entry in ipairs(entries) do
    if entry.kind == "file" and entry.name:match "%.dm$" then
      local text, problem, kind = M.read(path .. "/" .. entry.name)
      if not text then return nil, problem, kind end
      files[#files + 1] = { name = path:gsub("/$", "") .. "/" .. entry.name,
        text = text, origin = entry.name, folder = path }
    end
  end
  return files
end

-- What the statements of a folder depend on, in 32 digits.
local function digest(files, modules, path)
  local parts = { core.version, tostring(statements.LANGUAGE) }
  for _, file in ipairs(files) do
    parts[#parts + 1] = file.origin .. " " .. core.hash(file.text)
    for name in file.text:gmatch 'from%s+"([^"]*)"' do
      local stat = core.stat(joined(path, name))
      if stat then
        parts[#parts + 1] = name .. " " .. stat.size .. " " .. stat.modified
      end
    end
  end
  for _, module in ipairs(modules) do
    parts[#parts + 1] = module.name .. " " .. core.hash(module:chunk().text)
  end
  return core.hash(table.concat(parts, "\n"))
end

--- Bring a knowledge base up to date with its folder: true when something
-- changed, false when not, or nil, message, code, diagnostics.
function M.sync(kb, read_only)
  local files, message, code = folder_files(kb.path)
  if not files then return nil, message, code end
  local now = digest(files, kb.modules, kb.path)
  for _, file in ipairs(files) do
    kb.texts[file.origin] = { tag = "chunk", name = file.name,
      text = file.text }
  end
  if kb.core:note "folder" == now then return false end
  local old, entered = {}, {}
  for _, st in ipairs(kb:all()) do
    table.insert(st.origin == "entered" and entered or old, st)
  end
  local plan, problem, kind, list = M.statements(files, kb.modules, entered)
  if not plan then return nil, problem, kind, list end
  if read_only then
    local ok, trouble, why = kb.core:detach()
    if not ok then return nil, trouble, why end
  end
  only_difference(plan, old)
  plan.notes, plan.author = { folder = now }, "sync"
  plan.message = "files of " .. base_name((kb.path:gsub("/$", "")))
  local number, trouble, why, mistakes = commit(kb, plan, kb:all())
  if not number then return nil, trouble, why, mistakes end
  return true
end

return M
