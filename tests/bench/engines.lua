--- The engines: what to run for a case, and what it found.
--
-- An engine has a name, whether it is a `peer`, the thread counts it is run
-- with, command(case, folder, threads): a command line, or nil when it has no
-- program for the case; and found(case, text): the lines of its result,
-- "relation<tab>count" or "relation<tab>value<tab>…".  An engine that isn't
-- installed is not in the list.

local shell = require "shell"

local quote = shell.quote

local M = {}

local function peer_file(...)
  local path = shell.here .. "/peers/" .. table.concat({ ... })
  return shell.exists(path) and path or nil
end

-- ---- results --------------------------------------------------------------

local function lines_of(text)
  local lines = {}
  for line in text:gmatch "[^\n]+" do lines[#lines + 1] = line end
  table.sort(lines)
  return table.concat(lines, "\n")
end

local function plain(_, text) return lines_of(text) end

--- What stands in the files that exported relations were written to.
local function files(extension)
  return function(case, text)
    if not case.exported then return lines_of(text) end
    local lines = {}
    for _, name in ipairs(case.exported) do
      local rows = shell.read(shell.work .. "/" .. name .. extension) or ""
      for row in rows:gmatch "[^\n]+" do lines[#lines + 1] = name .. "\t" .. row
      end
    end
    return lines_of(table.concat(lines, "\n"))
  end
end

--- Atoms as an answer set shows them: path(9500) d(1) …
local function atoms(_, text)
  local lines = {}
  for name, args in text:gmatch "([%l][%w_]*)%(([^)]*)%)" do
    lines[#lines + 1] = name .. "\t" .. args:gsub(",", "\t")
  end
  return lines_of(table.concat(lines, "\n"))
end

-- ---- ours, and the limit --------------------------------------------------

local function dragoman(threads)
  return { name = "dragoman", threads = threads, found = files ".tsv",
    command = function(case, folder, n)
      return ("exec %s eval %s/programs/%s.dm -F %s -j %d --count%s"):format(
        quote(shell.dragoman), shell.here, case.program, quote(folder), n,
        case.exported and " -D " .. quote(shell.work) or "")
    end }
end

-- One engine for each kernel of a case; the best of them is the limit.
local function kernel(i)
  return { name = "limit", threads = { 1 }, found = plain,
    command = function(case, folder)
      local name = case.kernels[i]
      return name and ("exec %s %s"):format(
        quote(shell.out .. "/kernels/" .. name), quote(folder))
    end }
end

-- ---- peers ----------------------------------------------------------------

--- A program compiled by Souffle to C++ for a number of threads (code for one
-- has no locks), kept until its text changes; nil when that fails.
local function compiled(souffle, source, program, threads)
  local folder = shell.out .. "/souffle"
  local binary = ("%s/%s-j%d"):format(folder, program, threads)
  local copy = binary .. ".dl"
  if shell.read(copy) == shell.read(source) and shell.exists(binary) then
    return binary
  end
  shell.run("mkdir", "-p", folder)
  if not shell.run(souffle, "-j", tostring(threads), "-o", binary, source) then
    return nil
  end
  shell.write(copy, shell.read(source))
  return binary
end

local function souffle(threads)
  local program = shell.which(shell.env("SOUFFLE", "souffle"))
  return program and { name = "souffle", peer = true, threads = threads,
    found = files ".csv", command = function(case, folder, n)
      local source = peer_file("souffle/", case.program, ".dl")
      local binary = source and compiled(program, source, case.program, n)
      return binary and ("exec %s -j %d -F %s -D %s"):format(quote(binary), n,
        quote(folder), quote(shell.work))
    end }
end

local function duckdb(threads)
  local node = shell.which(shell.env("NODE", "node"))
  local there = node and shell.output(quote(node)
    .. " -e 'require(\"@duckdb/node-api\")'")
  local source = peer_file "duckdb.js"
  return there and { name = "duckdb", peer = true, threads = threads,
    found = plain, command = function(case, folder, n)
      if not shell.read(source):find("\n  " .. case.program .. ": {", 1, true)
      then
        return nil
      end
      return ("exec %s %s %s %s %d"):format(quote(node), source, case.program,
        quote(folder), n)
    end }
end

local function sqlite()
  local program = shell.which(shell.env("SQLITE", "sqlite3"))
  local source = peer_file "sqlite.sh"
  return program and { name = "sqlite", peer = true, threads = { 1 },
    found = plain, command = function(case, folder)
      if not shell.read(source):find("\n  " .. case.program .. ")", 1, true)
      then
        return nil
      end
      return ("SQLITE=%s sh %s %s %s"):format(quote(program), source,
        case.program, quote(folder))
    end }
end

--- The facts of a folder as clauses of one file, made once.
local function clauses(case, folder)
  local path = shell.out .. "/clauses/" .. folder:gsub("[^%w]", "_") .. ".lp"
  if not shell.exists(path) then
    shell.run("mkdir", "-p", shell.out .. "/clauses")
    os.execute(([[awk -F '\t' '
      FNR == 1 { name = FILENAME; gsub(/.*\//, "", name);
        sub(/[.]facts$/, "", name) }
      { s = $1; for (i = 2; i <= NF; i++) s = s "," $i
        print name "(" s ")." }' %s/*.facts > %s]]):format(quote(folder),
      quote(path)))
  end
  return path, case
end

local function swipl()
  local program = shell.which(shell.env("SWIPL", "swipl"))
  local source = peer_file "swipl.pl"
  return program and { name = "swipl", peer = true, threads = { 1 },
    found = plain, command = function(case, folder)
      if not shell.read(source):find("\nresult(" .. case.program .. ",", 1,
        true) then
        return nil
      end
      return ("exec %s %s -- %s %s"):format(quote(program), source,
        case.program, quote(clauses(case, folder)))
    end }
end

local function clingo()
  local gringo = shell.which(shell.env("GRINGO", "gringo"))
  local clasp = shell.which(shell.env("CLASP", "clasp"))
  return gringo and clasp and { name = "clingo", peer = true, threads = { 1 },
    found = atoms, command = function(case, folder)
      local source = peer_file("clingo/", case.program, ".lp")
      -- clasp's exit status has 10 in it when there is a model.
      return source and ("%s %s %s | %s --verbose=0; [ $? -ge 10 ]"):format(
        quote(gringo), source, quote(clauses(case, folder)), quote(clasp))
    end }
end

--- The engines that are installed: ours, the kernels, the peers asked for.
function M.list(peers, threads)
  local makers = { souffle = souffle, duckdb = duckdb, sqlite = sqlite,
    swipl = swipl, clingo = clingo }
  local list = { dragoman(threads), kernel(1), kernel(2) }
  if peers == "none" then peers = "" end
  if peers == "all" then peers = "souffle duckdb sqlite swipl clingo" end
  for name in peers:gmatch "%S+" do
    if not makers[name] then error("there is no peer " .. name, 0) end
    local engine = makers[name](threads)
    if engine then list[#list + 1] = engine
    else print(name .. ": left out, not installed") end
  end
  return list
end

return M
