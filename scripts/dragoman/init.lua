-- Dragoman for Lua: require "dragoman".
--
--     local dragoman = require "dragoman"
--     local kb <close> = assert(dragoman.open "kb/afghanistan-2021")
--     for a in kb:query "outcome(P, O)" do print(a.P, a.O) end
--     print(kb:why "outcome(istanbul, stalls)")
--
-- What can fail over the state of the world gives nil, message, code and,
-- where a text was wrong, the diagnostics; a caller's mistake raises.

local core = require "dragoman.core"
local module = require "dragoman.module"
local values = require "dragoman.values"

local M = { version = core.version, module = module.new,
  date = values.date, term = values.term, interval = values.interval,
  show = values.show, compare = values.compare }

--- The rule modules that a folder or a store is read with by default.
M.shipped = { "core", "belief", "positions", "pressures", "outcomes" }

local STORE = ".store.dmdb"

local function close_after(kb, ...)
  kb:close()
  return ...
end

-- ------------------------------------------------------------------- opening

-- The store of a folder: for writing where that is wanted and possible, else
-- for reading, else none (memory). Returns it, whether it is read-only, and
-- why it couldn't be written where that was wanted.
local function folder_core(path, options)
  local store = path .. "/" .. STORE
  local there, unwritable = core.stat(store) ~= nil, nil
  if not options.readonly then
    local handle, message, code = core.open(store, { create = true })
    if handle then return handle, false end
    if code == "busy" or code == "corrupt" or code == "format" then
      return nil, message, code
    end
    unwritable = message
  end
  if there then
    local handle, message, code = core.open(store, { readonly = true })
    if not handle then return nil, message, code end
    return handle, true, unwritable
  end
  local handle, message, code = core.open()
  if not handle then return nil, message, code end
  return handle, false, unwritable
end

local function open_folder(path, modules, options)
  local handle, read_only, reason = folder_core(path, options)
  if not handle then return nil, read_only, reason end
  local kb = require "dragoman.kb".new(handle, { modules = modules,
    kind = "folder", path = path, author = options.author })
  local result = table.pack(require "dragoman.loaders".sync(kb, read_only))
  if result[1] == nil then
    return close_after(kb, table.unpack(result, 1, result.n))
  end
  kb.unwritable = reason
  return kb
end

local function open_store(path, modules, options)
  local handle, message, code = core.open(path,
    { readonly = options.readonly, create = options.create })
  if not handle then return nil, message, code end
  return require "dragoman.kb".new(handle, { modules = modules,
    kind = "store", path = path, author = options.author })
end

local NEEDS_VOCABULARY = { claim = true, entity = true, question = true }

-- A file that makes claims is read with the words and the policy for claims.
local function modules_for(text, name)
  local chunk = require "dragoman.grammar".parse(text, name)
  local needed = false
  require "dragoman.schema".each_statement(chunk, function(node)
    needed = needed or NEEDS_VOCABULARY[node.tag]
  end)
  return needed and { "core", "belief" } or {}
end

local function open_file(path, options)
  local loaders = require "dragoman.loaders"
  local text, message, code = loaders.read(path)
  if not text then return nil, message, code end
  local modules, problem, kind = module.closure(options.rules
    or modules_for(text, path))
  if not modules then return nil, problem, kind end
  local handle, trouble, why = core.open()
  if not handle then return nil, trouble, why end
  local kb = require "dragoman.kb".new(handle, { modules = modules,
    kind = "file", path = path, author = options.author })
  local result = table.pack(loaders.load(kb, path))
  if not result[1] then
    return close_after(kb, table.unpack(result, 1, result.n))
  end
  return kb
end

local function is_text(path, stat)
  return stat and stat.kind == "file" and path:match "%.dm$"
    and not core.is_store(path)
end

local OPTIONS = { rules = true, readonly = true, create = true,
  author = true }

--- Open a knowledge base: a folder of .dm files, a store, one .dm file (held
-- in memory), or nothing (memory). options: rules (names of modules instead
-- of the default ones), readonly, create (a store that isn't there), author.
function M.open(path, options)
  options = options or {}
  for key in pairs(options) do
    if not OPTIONS[key] then
      error("open has no option '" .. tostring(key) .. "'", 2)
    end
  end
  if path ~= nil and type(path) ~= "string" then
    error("open: a path is a string", 2)
  end
  local stat
  if path then
    local message, code
    stat, message, code = core.stat(path)
    if not stat and not options.create then return nil, message, code end
    if is_text(path, stat) then return open_file(path, options) end
  end
  local modules, problem, kind = module.closure(options.rules
    or path and M.shipped or {})
  if not modules then return nil, problem, kind end
  if not path then
    local handle, trouble, why = core.open()
    if not handle then return nil, trouble, why end
    return require "dragoman.kb".new(handle, { modules = modules,
      author = options.author })
  elseif stat and stat.kind == "folder" then
    return open_folder((path:gsub("(.)/+$", "%1")), modules, options)
  end
  return open_store(path, modules, options)
end

--- Look for mistakes and gaps in a knowledge base: an array of diagnostics, or
-- nil, message when it can't be opened at all. options as for kb:view.
function M.check(path, options)
  return require "dragoman.check".run(path, options)
end

return M
