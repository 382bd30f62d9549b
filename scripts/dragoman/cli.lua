-- The command line: verbs, options, help, exit status.
--
-- Exit status: 0 fine, 1 error, 2 usage. Results go to standard output, all
-- else to standard error. Modules are required when a verb needs them, so that
-- starting costs next to nothing.

local core = require "dragoman.core"

local M = {}

local OK, ERROR, USAGE = 0, 1, 2

local function say(text) io.stderr:write(text, "\n") end

local function out(text)
  io.stdout:write(text)
  if text:sub(-1) ~= "\n" then io.stdout:write "\n" end
end

-- ------------------------------------------------------------------ failures

-- Report what a failing call gave back: message, code, diagnostics.
local function failed(message, _, list)
  if list and #list > 0 then
    say(require "dragoman.diag".format_all(list))
  else
    say("dragoman: " .. tostring(message or "it failed"))
  end
  return ERROR
end

local function usage(verb, message)
  say("dragoman" .. (verb and " " .. verb or "") .. ": " .. message)
  say("Try: dragoman" .. (verb and " " .. verb or "") .. " --help")
  return USAGE
end

-- ------------------------------------------------------------------- options

local function check_date(text)
  local date, problem = require "dragoman.values".date(text)
  if not date then
    return nil, string.format("%q is no date (%s)", text, problem)
  end
  return date
end

local function check_count(text)
  local n = math.tointeger(tonumber(text))
  if not n or n < 0 then return nil, text .. " is no whole number" end
  return n
end

local function check_seconds(text)
  local n = tonumber(text)
  if not n or n <= 0 then return nil, text .. " is no number of seconds" end
  return n
end

local WAYS = { hash = true, bits = true, small = true, written = true,
  demand = true, no_demand = true, multiway = true, binary = true }

local function check_ways(text)
  local ways = {}
  for way in text:gmatch "[^,]+" do
    if not WAYS[way] then
      local near = require "dragoman.diag".suggestion(way, WAYS)
      return nil, way .. " is no way of evaluating" .. (near and "; " .. near
        or "")
    end
    ways[#ways + 1] = way
  end
  return ways
end

local AT = { name = "at", arg = "DATE", check = check_date,
  help = "read at this date" }
local KNOWN_BY = { name = "known-by", key = "known_by", arg = "DATE",
  check = check_date, help = "use only what was published by then" }
local SOURCE = { name = "source", key = "sources", arg = "ID", many = true,
  help = "listen to this source only (repeatable)" }
local SPEAKER = { name = "speaker", key = "speakers", arg = "NAME",
  many = true, help = "listen to this speaker only (repeatable)" }
local JSON = { name = "json", help = "print JSON" }
local RULES = { name = "use", short = "u", arg = "MODULE", many = true,
  help = "use this rule module (repeatable)" }
local FACTS = { short = "F", key = "folder", arg = "DIR",
  help = "read the imported files from this folder" }
local THREADS = { short = "j", key = "threads", arg = "N",
  check = check_count, help = "evaluate on N threads (all there are)" }
-- For tests, so the help is silent about it.
local FORCE = { name = "force", arg = "WAY,…", check = check_ways,
  hidden = true }

local LIMITS = {
  { name = "facts", arg = "N", check = check_count,
    help = "stop after N derived rows" },
  { name = "rounds", arg = "N", check = check_count,
    help = "stop after N rounds of one fixpoint" },
  { name = "seconds", arg = "N", check = check_seconds,
    help = "stop after N seconds" },
}

-- Options of evaluation among those given.
local function limits(opts)
  return { facts = opts.facts, rounds = opts.rounds, seconds = opts.seconds,
    threads = opts.threads, force = opts.force,
    trace = opts.trace or (os.getenv "DRAGOMAN_TRACE" or ""):find "eval"
      ~= nil }
end

local function view_options(opts)
  return { at = opts.at, known_by = opts.known_by, sources = opts.sources,
    speakers = opts.speakers }
end

-- ------------------------------------------------------------ opening things

local function open(path, opts, how)
  local dragoman = require "dragoman"
  local kb, message, code, list = dragoman.open(path, how or
    { readonly = true })
  if not kb then return nil, message, code, list end
  for _, module in ipairs(opts.use or {}) do
    local ok, problem, kind, mistakes = kb:use(module)
    if not ok then
      kb:close()
      return nil, problem, kind, mistakes
    end
  end
  return kb
end

-- Run f(kb) on the knowledge base; its exit status.
local function with_kb(path, opts, how, f)
  local kb, message, code, list = open(path, opts, how)
  if not kb then return failed(message, code, list) end
  local closing <close> = kb
  return f(closing)
end

-- Run f(view) on a view of the knowledge base; its exit status.
local function with_view(path, opts, f)
  return with_kb(path, opts, nil, function(kb)
    kb.limits = limits(opts)
    local view, message, code, list = kb:view(view_options(opts))
    if not view then return failed(message, code, list) end
    local closing <close> = view
    return f(closing)
  end)
end

-- --------------------------------------------------------------------- query

local function is_numeric(rows, column)
  for _, row in ipairs(rows) do
    if type(row[column]) ~= "number" then return false end
  end
  return #rows > 0
end

--- Answers to a goal as the lines of a table; disputed rows are marked.
function M.answer_lines(answers, width)
  local values = require "dragoman.values"
  local vars, head, rows, right = answers.vars, {}, {}, {}
  local disputed = false
  for c, name in ipairs(vars) do
    head[c], right[c] = name, is_numeric(answers, name)
  end
  for i, answer in ipairs(answers) do
    local row = {}
    for c, name in ipairs(vars) do row[c] = values.show(answer[name]) end
    if answer.truth == "disputed" then
      row[#vars + 1], disputed = "disputed", true
    end
    rows[i] = row
  end
  if disputed then head[#head + 1] = "" end
  return require "dragoman.grid".lines(head, rows, right, width)
end

local TRUTH = { ["true"] = "yes", disputed = "disputed" }

local function print_answers(answers)
  if #answers.vars == 0 then
    out(answers[1] and TRUTH[answers[1].truth] or "no")
  elseif #answers == 0 then
    say "no answer"
  else
    out(table.concat(M.answer_lines(answers), "\n"))
  end
end

local function answers_json(goal, view, answers)
  local json = require "dragoman.json"
  local vars, rows = answers.vars, json.array()
  for i, answer in ipairs(answers) do
    local found = {}
    for _, name in ipairs(vars) do found[name] = answer[name] end
    rows[i] = { truth = answer.truth, values = found }
  end
  return json.encode({ goal = goal, at = view.at, known_by = view.known_by,
    variables = json.array(table.move(vars, 1, #vars, 1, {})),
    answers = rows }, true)
end

local function query(args, opts)
  return with_view(args[1], opts, function(view)
    local answers, message, code, list = view:answers(args[2])
    if not answers then return failed(message, code, list) end
    if opts.json then out(answers_json(args[2], view, answers))
    else print_answers(answers) end
    return OK
  end)
end

local function why(args, opts)
  return with_view(args[1], opts, function(view)
    local found, message, code, list = view:why(args[2])
    if not found then return failed(message, code, list) end
    if opts.json then
      out(require "dragoman.json".encode(found:data(), true))
    else
      out(tostring(found))
    end
    return OK
  end)
end

-- --------------------------------------------------------------------- check

local function count_severities(list)
  local errors, warnings = 0, 0
  for _, d in ipairs(list) do
    if d.severity == "warning" then warnings = warnings + 1
    else errors = errors + 1 end
  end
  return errors, warnings
end

local function plural(n, word)
  return string.format("%d %s%s", n, word, n == 1 and "" or "s")
end

local function check_one(path, opts)
  local dragoman = require "dragoman"
  local list, message = dragoman.check(path, view_options(opts))
  if not list then
    say("dragoman: " .. tostring(message))
    return 1, 0
  end
  if opts.json then
    out(require "dragoman.json".encode(require "dragoman.json".array(list),
      true))
  elseif #list > 0 then
    out(require "dragoman.diag".format_all(list))
  end
  return count_severities(list)
end

local function check(args, opts)
  local errors, warnings = 0, 0
  for _, path in ipairs(args) do
    local e, w = check_one(path, opts)
    errors, warnings = errors + e, warnings + w
  end
  say(plural(errors, "error") .. ", " .. plural(warnings, "warning"))
  return errors > 0 and ERROR or OK
end

-- ---------------------------------------------------------------- load, dump

local function load_files(args, opts)
  return with_kb(args[1], {}, { create = true }, function(kb)
    for i = 2, #args do
      local count, what, code, list = kb:load(args[i], {
        relation = opts.relation, header = opts.header,
        separator = opts.separator, author = opts.author,
        message = opts.message })
      if not count then return failed(what, code, list) end
      say(args[i] .. ": " .. plural(count, what))
    end
    return OK
  end)
end

local function dump(args)
  return with_kb(args[1], {}, nil, function(kb)
    out(kb:dump())
    return OK
  end)
end

-- --------------------------------------------------------------- log, verify

local function time_text(microseconds)
  return os.date("!%Y-%m-%d %H:%M:%S", microseconds // 1000000)
end

local function log_lines(entries)
  local rows = {}
  for i, e in ipairs(entries) do
    rows[i] = { tostring(e.number), time_text(e.microseconds), e.author,
      "+" .. e.added .. " -" .. e.retracted, e.message }
  end
  return require "dragoman.grid".lines({ "number", "UTC", "author", "change",
    "message" }, rows, { true })
end

-- Run f(store) on the store itself, a folder's as it was left: nothing is read
-- anew, so that what is told is of the file. Its exit status.
local function with_store(path, f)
  local stat, message = core.stat(path)
  if not stat then return failed(message) end
  local store = stat.kind == "folder" and path:gsub("(.)/+$", "%1")
    .. "/.store.dmdb" or path
  if stat.kind == "folder" and not core.stat(store) then
    return failed(path .. " has no store yet; it is made when the folder is "
      .. "opened for writing: dragoman " .. path)
  elseif store:match "%.dm$" and not core.is_store(store) then
    return failed(path .. " is a text, not a store")
  end
  local handle, problem = core.open(store, { readonly = true })
  if not handle then return failed(problem) end
  local closing <close> = handle
  return f(closing)
end

local function log(args, opts)
  return with_store(args[1], function(store)
    local entries, message = store:log()
    if not entries then return failed(message) end
    if opts.json then
      local json = require "dragoman.json"
      out(json.encode(json.array(entries), true))
    elseif #entries > 0 then
      out(table.concat(log_lines(entries), "\n"))
    else
      say "no transaction yet"
    end
    return OK
  end)
end

local function verify(args)
  return with_store(args[1], function(store)
    local findings, message = store:verify()
    if not findings then return failed(message) end
    for _, text in ipairs(findings) do out(text) end
    say(#findings == 0 and "sound" or plural(#findings, "finding"))
    return #findings == 0 and OK or ERROR
  end)
end

-- ------------------------------------------------------------- eval, explain

local function import_and_evaluate(program, opts)
  local ok, list = program:import(opts.folder, opts.threads)
  if not ok then return nil, nil, list end
  local options = limits(opts)
  options.once = opts.once
  local model, problem, code = program:evaluate(options)
  if model then return model end
  local _, text, _, mistakes = require "dragoman.checker".stopped(problem, code,
    program.low.chunks)
  return nil, text, mistakes
end

local function evaluate(program, opts)
  local ok, message, list = program:check(opts)
  if not ok then return nil, message, list end
  return import_and_evaluate(program, opts)
end

local function warn_about(list)
  local warnings = {}
  for _, d in ipairs(list) do
    if d.severity == "warning" then warnings[#warnings + 1] = d end
  end
  if #warnings > 0 then say(require "dragoman.diag".format_all(warnings)) end
end

local function print_counts(program, model)
  for _, name in ipairs(program:outputs()) do
    local yes, disputed = model:count(name)
    out(name .. "\t" .. yes .. (disputed > 0 and "\t" .. disputed
      .. " disputed" or ""))
  end
end

local function write_exports(program, opts)
  if opts.count and not opts.output then return OK end
  if opts.output then
    local ok, message = core.mkdir(opts.output)
    if not ok then return failed(message) end
  end
  local written, message = program:export(opts.output)
  if not written then return failed(message) end
  for _, entry in ipairs(written) do
    if entry[3] > 0 then
      say(string.format("%s: %s left out", entry[1],
        plural(entry[3], "disputed row")))
    end
  end
  return OK
end

-- The answers to a goal, of which nothing more is evaluated than it needs.
local function eval_goal(program, opts)
  local name, vars = program:goal(opts.goal)
  if not name then return failed(nil, nil, vars) end
  local ok, message, list = program:check(opts)
  if not ok then return failed(message, nil, list) end
  local relation, problem = program:demand(name, limits(opts))
  if not relation then return failed(problem) end
  local model, trouble, found = import_and_evaluate(program, opts)
  if not model then return failed(trouble, nil, found) end
  local answers = { vars = vars }
  for i, row in ipairs(model:rows(relation)) do
    answers[i] = { truth = row.truth }
    for k, var in ipairs(vars) do answers[i][var] = row[k] end
  end
  print_answers(answers)
  return OK
end

local function eval(args, opts)
  local program, message, list = require "dragoman.eval".read(args[1])
  if not program then return failed(message, nil, list) end
  opts.once = not opts.profile -- it tells of what would be let go
  if opts.goal then return eval_goal(program, opts) end
  local model, problem, found = evaluate(program, opts)
  if found ~= program.list then warn_about(program.list) end
  if not model then return failed(problem, nil, found) end
  local status = write_exports(program, opts)
  if status ~= OK then return status end
  if opts.count then print_counts(program, model) end
  if opts.profile then io.stderr:write(model:profile()) end
  return OK
end

local STAGES = { "ast", "rules", "strata", "demand", "plan", "proof" }

local function explain_code(code)
  local diag = require "dragoman.diag"
  require "dragoman.messages"
  local entry = diag.codes[code]
  if not entry then return failed("there is no code " .. code) end
  out(code .. ": " .. entry.title .. (entry.hint and "\n" .. entry.hint or ""))
  return OK
end

local function explain(args, opts)
  if #args == 1 and args[1]:match "^[EW]%d%d%d$" then
    return explain_code(args[1])
  end
  local stage
  for _, name in ipairs(STAGES) do
    if opts[name] then
      if stage then return usage("explain", "one stage at a time") end
      stage = name
    end
  end
  stage = stage or (args[2] and "proof") or "rules"
  opts.goal = args[2]
  local text, message, list = require "dragoman.explain".explain(args[1],
    stage, opts)
  if not text then return failed(message, nil, list) end
  out(text)
  return OK
end

-- --------------------------------------------------------------- run, prompt

-- Shipped scripts: embedded ones that are no part of a package.
local function shipped_names()
  local ok, embedded = pcall(require, "dragoman.embedded")
  local names = {}
  for _, name in ipairs(ok and embedded.names() or {}) do
    if not name:find(".", 1, true) and name ~= "dragoman" then
      names[#names + 1] = name
    end
  end
  return names, ok and embedded or nil
end

local function script_chunk(name)
  local stat = core.stat(name)
  if stat and stat.kind == "file" then return loadfile(name, "t") end
  local names, embedded = shipped_names()
  local folder = os.getenv "DRAGOMAN_PATH"
  for _, shipped in ipairs(names) do
    if shipped == name then
      local path = folder and folder .. "/" .. name .. ".lua"
      if path and core.stat(path) then return loadfile(path, "t") end
      return load(embedded.source(name), "=" .. name .. ".lua", "t")
    end
  end
  local near = require "dragoman.diag".suggestion(name, names)
  return nil, "there is no script " .. name .. (near and "; " .. near or "")
end

local function with_traceback(message)
  message = tostring(message)
  if message:match "interrupted$" then return "interrupted" end
  -- A message without a place was worded for the user.
  if not message:match "^[^\n]-:%d+: " then return message end
  -- What called the script is none of its author's business.
  return (debug.traceback(message, 2):gsub("\n\t%[C%]: in function 'xpcall'.*",
    ""))
end

local function run(args)
  local chunk, problem = script_chunk(args[1])
  if not chunk then return failed(problem) end
  local rest = table.move(args, 2, #args, 1, { [0] = args[1] })
  _G.arg = rest
  local ok, result = xpcall(chunk, with_traceback, table.unpack(rest))
  if not ok then return failed(result) end
  return math.type(result) == "integer" and result or OK
end

local function prompt(path, opts)
  return require "dragoman.repl".run(path, opts)
end

-- --------------------------------------------------------------------- verbs

local VIEW = { AT, KNOWN_BY, SOURCE, SPEAKER, RULES, THREADS, LIMITS[1],
  LIMITS[2], LIMITS[3] }

local function with(...)
  local list = { ... }
  return table.move(VIEW, 1, #VIEW, #list + 1, list)
end

local verbs = {
  run = { "SCRIPT [ARGUMENT…]", "run a Lua script",
    run, 1, nil, {}, rest = 1 },
  query = { "KB GOAL", "print the answers to a goal", query, 2, 2,
    with(JSON, FORCE) },
  why = { "KB GOAL", "unfold an answer to who said what", why, 2, 2,
    with(JSON) },
  check = { "FILE|KB…", "look for mistakes and gaps", check, 1, nil,
    { AT, KNOWN_BY, SOURCE, SPEAKER, JSON } },
  load = { "KB FILE…", "put in knowledge text, CSV or TSV",
    load_files, 2, nil, {
      { name = "relation", arg = "NAME", help = "the relation of table rows "
        .. "(default: the file's name)" },
      { name = "header", help = "the first line of a table names its columns" },
      { name = "separator", arg = "CHAR", help = "between a table's columns" },
      { name = "author", arg = "NAME", help = "who makes the change" },
      { name = "message", short = "m", arg = "TEXT",
        help = "what the change is" } } },
  dump = { "KB", "print a knowledge base as text", dump, 1, 1, {} },
  eval = { "PROGRAM.dm", "evaluate a program without a store", eval, 1, 1, {
    FACTS,
    { short = "D", key = "output", arg = "DIR",
      help = "write the exported files into this folder" },
    THREADS,
    { name = "goal", arg = "GOAL", help = "print the answers to a goal, "
      .. "evaluating no more than it needs" },
    { name = "count", help = "print how many rows there are; write files "
      .. "only with -D" },
    { name = "profile", help = "say where time and memory went" },
    { name = "trace", help = "say what each round made" }, LIMITS[1],
    LIMITS[2], LIMITS[3], AT, KNOWN_BY, FORCE } },
  explain = { "FILE|CODE [GOAL]", "show a program by stages", explain,
    1, 2, {
      { name = "ast", help = "the syntax tree" },
      { name = "rules", help = "the flat rules with their types" },
      { name = "strata", help = "components in order of evaluation" },
      { name = "demand", help = "the rules as rewritten for GOAL" },
      { name = "plan", help = "join orders and indexes" },
      { name = "proof", help = "how each answer to GOAL is derived" },
      FACTS, THREADS, AT, KNOWN_BY } },
  log = { "KB", "list the transactions", log, 1, 1, { JSON } },
  verify = { "KB", "check a store for damage", verify, 1, 1, {} },
}

local ORDER = { "run", "query", "why", "check", "load", "dump", "eval",
  "explain", "log", "verify" }

local PROMPT_OPTIONS = { AT, KNOWN_BY, RULES, { name = "version", short = "V",
  help = "print the version" } }

local function pad(text, width)
  return text .. (" "):rep(width - utf8.len(text))
end

local function verb_lines()
  local rows, width = { { "[KB]", "the prompt, a knowledge base open" } },
    0
  for _, name in ipairs(ORDER) do
    rows[#rows + 1] = { name .. " " .. verbs[name][1], verbs[name][2] }
  end
  for _, row in ipairs(rows) do width = math.max(width, utf8.len(row[1])) end
  for i, row in ipairs(rows) do
    rows[i] = "  dragoman " .. pad(row[1], width) .. "  " .. row[2]
  end
  return table.concat(rows, "\n")
end

local function help()
  return table.concat({ "Dragoman " .. core.version
    .. ": a knowledge engine for who said what, and what follows.", "",
    verb_lines(), "",
    "A KB is a folder of .dm files, a store, or one .dm file.",
    "More on a verb: dragoman VERB --help", "",
    require "dragoman.options".describe(PROMPT_OPTIONS) }, "\n")
end

local function verb_help(name)
  local verb = verbs[name]
  return string.format("dragoman %s %s\n  %s\n\n%s", name, verb[1], verb[2],
    require "dragoman.options".describe(verb[6]))
end

local function run_verb(name, argv)
  local verb = verbs[name]
  local options = require "dragoman.options"
  local opts, args = options.parse(verb[6], argv, 2, verb.rest)
  if not opts then return usage(name, args) end
  if opts.help then
    out(verb_help(name))
    return OK
  end
  if #args < verb[4] then
    return usage(name, "it needs " .. verb[1])
  elseif verb[5] and #args > verb[5] then
    return usage(name, "too much: " .. args[verb[5] + 1])
  end
  return verb[3](args, opts)
end

local function unknown(word)
  local near = require "dragoman.diag".suggestion(word, verbs)
  return usage(nil, string.format("%q is no verb, and no knowledge base is "
    .. "there%s", word, near and "; " .. near or ""))
end

local function run_prompt(argv)
  local opts, args = require "dragoman.options".parse(PROMPT_OPTIONS, argv, 1)
  if not opts then return usage(nil, args) end
  if opts.help then
    out(help())
    return OK
  elseif opts.version then
    out("dragoman " .. core.version)
    return OK
  end
  if args[1] and not core.stat(args[1]) then return unknown(args[1]) end
  if #args > 1 then return usage(nil, "too much: " .. args[2]) end
  return prompt(args[1], opts)
end

local function dispatch(argv)
  local first = argv[1]
  if first == "help" then
    if argv[2] and verbs[argv[2]] then out(verb_help(argv[2]))
    else out(help()) end
    return OK
  end
  if first and verbs[first] then
    if argv[2] == "--version" then
      out("dragoman " .. core.version)
      return OK
    end
    return run_verb(first, argv)
  end
  return run_prompt(argv)
end

--- Run the program: argv[1..]; its exit status.
function M.main(argv)
  local ok, status = xpcall(dispatch, with_traceback, argv)
  if not ok then return failed(status) end
  return status
end

return M
