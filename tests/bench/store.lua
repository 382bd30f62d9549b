--- Cases of our own that have no peer here: stores, questions, changes, and
-- what starting costs.  Each prints its figures; whole processes are kept in
-- the history too.
--
-- The module is a function of {remember =, facts =, complain =, settings =}
-- (run.lua) that gives {order = {names}, NAME = function}.

local shell = require "shell"

local quote = shell.quote
local dragoman = quote(shell.dragoman)

local function find(name)
  for _, case in ipairs(require "cases") do
    if case.name == name then return case end
  end
end

return function(bench)
  local own = { order = {} }
  local bulk_store = shell.out .. "/bulk.store"

  --- Measure a command line under a name; its text.
  local function run(name, line)
    local best
    for _ = 1, bench.settings.times do
      local result, why = shell.measure(line, bench.settings.limit)
      if not result then return bench.complain(name .. ": " .. why) end
      result.threads = 0
      bench.remember(name, "dragoman", result)
      if not best or result.seconds < best.seconds then best = result end
    end
    print(("%-14s %9.3f s %7d MB %9.3f s cpu"):format(name, best.seconds,
      best.mb, best.cpu))
    return best.text
  end

  --- The same, with what it printed below.
  local function figures(name, line)
    local text = run(name, line)
    if text then io.write((text:gsub("[^\n]+", "  %0"))) end
  end

  local function add(name, f)
    own.order[#own.order + 1] = name
    own[name] = f
  end

  local function work(name, text)
    local path = shell.work .. "/" .. name
    shell.write(path, text)
    return path
  end

  local function facts(name, relation)
    local folder = bench.facts(find(name))
    return folder and folder .. "/" .. relation .. ".facts"
  end

  --- A store with declarations (or rules) and one table; its path.
  local function make_store(path, text, file, relation)
    local link = shell.work .. "/" .. relation .. ".tsv"
    os.execute("rm -f " .. quote(path) .. " " .. quote(path .. "-lock"))
    shell.run("ln", "-sf", file:match "^/" and file
      or shell.output "pwd" .. "/" .. file, link)
    shell.output(("%s load %s %s"):format(dragoman, quote(path),
      quote(work("text.dm", text))))
    return ("%s load %s %s --relation %s"):format(dragoman, quote(path),
      quote(link), relation)
  end

  add("load", function()
    local line = make_store(bulk_store, "relation f(x: int, y: int).\n",
      facts("bulk", "f"), "f")
    local times = bench.settings.times
    bench.settings.times = 1 -- a second load would find it there
    run("load", line)
    bench.settings.times = times
  end)

  local function need_bulk()
    if not shell.exists(bulk_store) then own.load() end
  end

  add("reopen", function()
    need_bulk()
    run("reopen", ("%s query %s 'N = count{ f(_, _) }'"):format(dragoman,
      quote(bulk_store)))
  end)

  -- One row of ten million, by its first column.
  add("lookup", function()
    need_bulk()
    local file = facts("bulk", "f")
    local pipe = assert(io.open(file))
    local x = pipe:read "l":match "^%d+"
    pipe:close()
    run("lookup", ("%s query %s 'f(%s, Y)'"):format(dragoman,
      quote(bulk_store), x))
    figures("lookup, open", ("%s run %s/asked.lua first %s 'f($x, Y)' %s")
      :format(dragoman, shell.here, quote(bulk_store), quote(file)))
    figures("lookup, commit", ("%s run %s/asked.lua commit %s 'f($x, Y)' %s")
      :format(dragoman, shell.here, quote(bulk_store), quote(file)))
  end)

  -- What one node reaches; the closure that it is part of is not asked for.
  add("path", function()
    local name = bench.facts(find "tc_wiki") and "tc_wiki" or "tc_rand"
    local file, store = facts(name, "edge"), shell.out .. "/path.store"
    assert(shell.output(make_store(store, [[
relation edge(x: int, y: int).
relation path(x: int, y: int).
path(X, Y) if edge(X, Y).
path(X, Y) if path(X, Z) and edge(Z, Y).
]], file, "edge")))
    run("path, text", ("%s eval %s/programs/tc.dm -F %s --goal 'path(7, X)'")
      :format(dragoman, shell.here, quote(file:match "^(.*)/")))
    run("path", ("%s query %s 'path(7, X)'"):format(dragoman, quote(store)))
    figures("path, open", ("%s run %s/asked.lua first %s 'path($x, Y)' %s")
      :format(dragoman, shell.here, quote(store), quote(file)))
  end)

  -- A materialised cspa: single facts taken back and stated again.
  add("update", function()
    figures("update", ("%s run %s/asked.lua update %s/programs/cspa.dm %s "
      .. "assign 'vf($x, Y)' %s"):format(dragoman, shell.here, shell.here,
      quote(bench.facts(find "cspa")), quote(shell.work)))
  end)

  add("startup", function()
    run("startup", ("%s run %s"):format(dragoman,
      quote(work("empty.lua", ""))))
    local store = shell.work .. "/p.store"
    shell.output(("%s load %s %s"):format(dragoman, quote(store),
      quote(work("p.dm", "relation p(x: int).\np(1).\n"))))
    run("question", ("%s query %s 'p(X)'"):format(dragoman, quote(store)))
  end)

  add("demo", function()
    run("demo", dragoman .. " run scripts/talks.lua kb/afghanistan-2021")
  end)
  add("parse", function()
    figures("parse", dragoman .. " run " .. shell.here .. "/parse.lua")
  end)
  add("engine", function()
    figures("engine", quote(shell.out .. "/bench_eval"))
  end)
  add("store", function()
    figures("store", ("%s 10000000 %s"):format(
      quote(shell.out .. "/bench_store"), quote(shell.out)))
  end)
  return own
end
