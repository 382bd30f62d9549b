--- The benchmark: lua5.4 tests/bench/run.lua [CASE|GROUP ...], by `make bench`.
--
-- Runs each case (cases.lua, store.lua) on our engine, the kernels and the
-- peers that are installed (engines.lua), whole processes, checks that all
-- results are equal, prints a table of ratios and appends every run to
-- history.tsv.  README.md says how to set it up.  From the environment:
--
--   TIMES=3             each run three times; medians count
--   THREADS="1 2"       thread counts, the best of which counts
--   PEERS="souffle …"   which peers: souffle duckdb sqlite swipl clingo;
--                       or all, or none
--   CLOCK=cpu           compare seconds of the processor, on a busy machine
--   LIMIT=120           a run is stopped after so many seconds
--   BENCH_DATA=FOLDER   facts of cases in FOLDER/CASE are used before our own
--   BENCH_COUNTS=FILE   and have these results
--   QUICK=1             small facts; only results are told, no times

local cases = require "cases"
local engines = require "engines"
local report = require "report"
local shell = require "shell"

local env = shell.env

local quick = env("QUICK") ~= nil
local settings = {
  times = tonumber(env("TIMES", "1")),
  limit = tonumber(env("LIMIT", "120")),
  data = not quick and env("BENCH_DATA") or nil,
  peers = env("PEERS", quick and "none" or "souffle duckdb"),
  threads = {},
  cpu = env("CLOCK") == "cpu",
}
for n in env("THREADS", "1 2"):gmatch "%d+" do
  table.insert(settings.threads, math.tointeger(n))
end

local failed = false

local function complain(...)
  print(...)
  failed = true
end

-- ---- facts and results ----------------------------------------------------

--- The folder of a case's facts, made when need be; and whether it is ours.
local function facts(case)
  local given = settings.data and settings.data .. "/" .. case.data
  if given and shell.run("test", "-d", given) then return given, false end
  local folder = shell.out .. (quick and "/quick/" or "/data/") .. case.data
  if shell.run("test", "-d", folder) then return folder, true end
  local part = folder .. ".part"
  shell.run("mkdir", "-p", part)
  if shell.output(("(lua5.4 %s/gen.lua %s %s %s && mv %s %s && echo made)")
    :format(shell.here, shell.quote(part), case.data, quick and "quick" or "",
      shell.quote(part), shell.quote(folder))) then
    return folder, true
  end
  shell.run("rmdir", part)
end

--- The result written down for a case, as engines give it; nil if there is
-- none.
local function wanted(case, ours)
  local file = ours and shell.here .. (quick and "/counts-quick.tsv"
    or "/counts.tsv") or env("BENCH_COUNTS")
  local lines = {}
  for line in (file and shell.read(file) or ""):gmatch "[^\n]+" do
    local name, rest = line:match "^([^\t]+)\t(.*)$"
    if name == case.name then lines[#lines + 1] = rest end
  end
  table.sort(lines)
  return #lines > 0 and table.concat(lines, "\n") or nil
end

--- All results of a case must be those of the first; that one, what is written
-- down.
local function compare(row, engine, found)
  row.result = row.result or { text = found, of = engine.name }
  if found ~= row.result.text then
    complain(("%s: %s has\n%s\nbut %s has\n%s"):format(row.case.name,
      engine.name, found, row.result.of, row.result.text))
  end
end

-- ---- running --------------------------------------------------------------

local commit = shell.output "git rev-parse --short HEAD" or "none"

local LINE = "%s\t%s\t%s\t%.3f\t%d\t%d\t%.3f\t%s\n"

local function remember(case, engine, run)
  local moment = os.date "!%Y-%m-%dT%H:%M:%SZ"
  shell.write(shell.out .. "/history.tsv", LINE:format(moment, commit, case,
    run.seconds, run.mb, run.threads, run.cpu, engine), "ab")
end

--- The median of several runs of a command line by seconds; nil and why not.
local function median(line, keep)
  local runs = {}
  for i = 1, settings.times do
    local run, why = shell.measure(line, settings.limit)
    if not run then return nil, why end
    keep(run)
    runs[i] = run
  end
  table.sort(runs, function(a, b) return a.seconds < b.seconds end)
  return runs[(#runs + 1) // 2]
end

local function run_engine(row, engine, folder)
  for _, threads in ipairs(engine.threads) do
    local line = engine.command(row.case, folder, threads)
    local run, why
    if line then
      run, why = median(line, function(r)
        r.threads = threads
        if not quick then remember(row.case.name, engine.name, r) end
        if settings.cpu then r.seconds = r.cpu end
      end)
    end
    if run then
      compare(row, engine, engine.found(row.case, run.text))
      row.checked[engine.name] = true
      local best = row[engine.name]
      if not best or run.seconds < best.seconds then row[engine.name] = run end
    elseif line then
      print(("%s: %s with %d: %s"):format(row.case.name, engine.name, threads,
        why))
      failed = failed or not engine.peer
    end
  end
end

--- The number of rows of a result.
local function rows_in(text)
  local n = 0
  for count in text:gmatch "\t(%d+)" do n = n + tonumber(count) end
  return n
end

local function run_case(case, list)
  local folder, ours = facts(case)
  if not folder then
    print(case.name .. ": left out, no facts")
    return nil
  end
  local row = { case = case, checked = {} }
  for _, engine in ipairs(list) do run_engine(row, engine, folder) end
  local result = row.result and row.result.text
  local known = wanted(case, ours)
  if result and known and result ~= known then
    complain(("%s: wanted\n%s\nbut got\n%s"):format(case.name, known, result))
  end
  row.rows = result and rows_in(result)
  if quick then
    local names = {}
    for name in pairs(row.checked) do names[#names + 1] = name end
    table.sort(names)
    print(("%s: %s (%s)"):format(case.name,
      (result or "none"):gsub("[\n\t]", " "), table.concat(names, ", ")))
  else
    report.table { row }
  end
  return row
end

-- ---- which ----------------------------------------------------------------

local function store_cases()
  return require "store" { remember = remember, facts = facts,
    complain = complain, settings = settings }
end

--- The cases that the words name: those that compare engines, and ours alone.
local function chosen(words)
  local compared, own = {}, {}
  local alone = not quick and store_cases() or { order = {} }
  local function is_wanted(name, group)
    for _, word in ipairs(words) do
      if word == name or word == group then return true end
    end
    return #words == 0
  end
  for _, case in ipairs(cases) do
    if is_wanted(case.name, case.group) then compared[#compared + 1] = case end
  end
  for _, name in ipairs(alone.order) do
    if is_wanted(name, "own") then own[#own + 1] = alone[name] end
  end
  return compared, own
end

local function main()
  local list = engines.list(settings.peers, settings.threads)
  local compared, own = chosen(arg)
  if #compared + #own == 0 then complain "no such case" end
  local load = shell.read "/proc/loadavg"
  if load and not quick then print("load average: " .. load:match "%S+") end
  local rows = {}
  for _, case in ipairs(compared) do
    rows[#rows + 1] = run_case(case, list)
  end
  for _, run in ipairs(own) do run() end
  if not quick and #rows > 0 then
    print ""
    report.table(rows)
    report.means(rows)
    report.growth(rows)
  end
end

shell.workspace()
local ok, problem = xpcall(main, debug.traceback)
shell.leave()
if not ok then complain(problem) end
os.exit(not failed, true)
