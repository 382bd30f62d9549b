-- The module dragoman.core: conversions, handles, programs, models, functions
-- of rules written in Lua, what fails and how.

local core = require "dragoman.core"
local values = require "dragoman.values"
local tap = require "tap"
local write = require "files".write

local function date(text) return assert(values.date(text)) end

local function temporary(name)
  local path = os.tmpname()
  os.remove(path)
  return path .. (name or "")
end

-- ------------------------------------------------------------------ helpers

-- The program table of flat rules over relations {name = {type, …}}.
local function program_of(relations, rules, functions)
  local list = {}
  for _, relation in ipairs(relations) do
    local columns = {}
    for i, type_name in ipairs(relation[2]) do
      columns[i] = { name = "c" .. i, type = type_name }
    end
    list[#list + 1] = { name = relation[1], columns = columns,
      input = relation.input or "facts", kind = relation.kind }
  end
  return { files = { "test" }, relations = list, rules = rules or {},
    functions = functions }
end

local function var(i) return { "v", i } end

local function rule(head, args, body, vars)
  return { head = { rel = head, args = args }, body = body, vars = vars }
end

local function fact(relation, ...)
  return { kind = "fact", relation = relation, args = { ... } }
end

local function view_with(facts)
  local kb = assert(core.open())
  local view = assert(kb:view { at = date "2021-04-13" })
  for _, st in ipairs(facts) do assert(view:add(st)) end
  return view, kb
end

local function evaluate(view, table, options)
  local program, problems = view:program(table)
  if not program then return nil, problems end
  return view:evaluate(program, options)
end

-- --------------------------------------------------------------- the module

tap.like(core.version, "^%d+%.%d+%.%d+$", "a version")
tap.is(#core.hash "a", 32, "a hash has 32 digits")
tap.ok(core.hash "a" ~= core.hash "b", "hashes differ")

-- ------------------------------------------------------------------- values

do
  local given = {
    "taliban", "a text with spaces", "", 7, -2, math.maxinteger,
    math.mininteger, 2.5, 1e300, date "2021-04-13",
    values.term("withdrawn", "us_forces"),
    values.term("and", values.term("not", values.term("deal", "istanbul")),
      values.term("f", 1, 2.5, date "1999-12-31")),
    values.interval("2021-01-01", "2021-12-31"),
    values.term("big", 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
  }
  local view = view_with {}
  for i, value in ipairs(given) do view:add(fact("v", i, value)) end
  for i, value in ipairs(given) do
    local back = view:statement(i).args[2]
    tap.ok(values.type(back) == values.type(value)
      and values.equal(back, value), "value round trip: " .. values.show(value))
  end
  local deep = "x"
  for _ = 1, 2000 do deep = values.term("s", deep) end
  view:add(fact("v", 0, deep))
  local last = view:statement(view:count()).args[2]
  local depth = 0
  while type(last) == "table" do last, depth = last[1], depth + 1 end
  tap.is(depth, 2000, "a term 2000 deep comes back")
  tap.raises(function() view:add(fact("v", 0 / 0)) end, "NaN", "NaN raises")
  tap.raises(function() view:add(fact("v", {})) end, "plain table",
    "a plain table raises")
  tap.raises(function() view:add(fact("v", true)) end, "no value",
    "a boolean raises")
  local loop = values.term("s", "x")
  loop[1] = loop
  tap.raises(function() view:add(fact("v", loop)) end, "deep",
    "a term that holds itself raises")
end

-- --------------------------------------------------------------- statements

do
  local kb = assert(core.open())
  local tx = assert(kb:begin("tester", "first"))
  local claim = { kind = "claim", origin = "abc.dm", id = "abc.c3",
    source = "abc", speaker = "spokesman", body = "taliban",
    origin_of = "taliban", via = "twitter", act = "refuses",
    content = "talks", atom = values.term("refuses", "taliban", "talks"),
    sign = 1, said = date "2021-04-13", by = date "2021-09",
    on = date "2021~", para = 3,
    ["until"] = { values.term("withdrawn", "foreign_forces") },
    ["if"] = { "a", "b" }, chain = { "ap" }, line = 4, column = 3 }
  local serial = assert(tx:add(claim))
  assert(tx:add(fact("member", "a", "b")))
  tap.is(math.type(serial), "integer", "add gives a serial")
  tap.is(math.type(assert(tx:commit())), "integer", "commit gives a number")
  tap.is(kb:count(), 2, "two statements")
  local back = kb:find(serial)
  for key, value in pairs(claim) do
    if type(value) ~= "table" or values.type(value) then
      tap.ok(back[key] == value, "field " .. key)
    end
  end
  tap.is(back["until"][1], claim["until"][1], "a repeated field")
  tap.is(#back["if"], 2, "two of a repeated field")
  tap.is(back.on.qualifier, "approximate", "a qualifier is kept")
  tap.is(back.by.earliest, date("2021-09").earliest, "a month's first day")
  tap.is(tostring(back.by), "2021-09", "a month keeps its text")
  tap.is(kb:find(12345), nil, "there is no such serial")
  tap.raises(function() kb:statement(99) end, "no such", "an index too large")
  local other <close> = assert(kb:begin("tester", "mistakes"))
  tap.raises(function() other:add { kind = "fact", relaton = "x" } end,
    "no field 'relaton'", "a misspelt field raises")
  tap.raises(function() other:add { kind = "fakt" } end, "no kind",
    "a misspelt kind raises")
  tap.raises(function() other:add { kind = "fact", args = "x" } end,
    "no array", "a repeated field must be an array")
  assert(other:retract(serial))
  other:commit()
  tap.is(kb:count(), 1, "a retracted statement is gone")
  tap.ok(not pcall(other.add, other, fact("x", 1)), "a finished tx is closed")
end

-- -------------------------------------------------------------------- handles

do
  local kb = assert(core.open())
  local view = assert(kb:view())
  local ok, _, code = kb:close()
  tap.ok(ok == nil and code == "busy", "a kb with a view doesn't close")
  tap.like(tostring(view), "^dragoman%.view %(0?x?%x+%)$", "tostring")
  tap.is(getmetatable(view), false, "the metatable is hidden")
  view:close()
  view:close()
  tap.is(tostring(view), "dragoman.view (closed)", "a closed handle")
  tap.raises(function() view:count() end, "closed", "use after close raises")
  tap.ok(kb:close(), "now the kb closes")
  tap.raises(function() kb:count() end, "closed", "use after close raises")
  tap.raises(function() core.open().count(io.stdout) end, "dragoman.kb",
    "another type raises")
end

do -- a parent closed by a block closes its children first
  local view, program, model
  do
    local kb <close> = assert(core.open())
    view = kb:view()
    program = assert(view:program(program_of { { "p", { "int" } } }))
    model = assert(view:evaluate(program))
    tap.is(model:count "p", 0, "an empty model")
  end
  for _, handle in ipairs { view, program, model } do
    tap.like(tostring(handle), "closed", "closed with the kb")
  end
end

do -- children keep their parents alive
  local function model_alone()
    local view = view_with { fact("p", 1) }
    return assert(evaluate(view, program_of { { "p", { "int" } } }))
  end
  local model = model_alone()
  for _ = 1, 3 do collectgarbage() end
  tap.is(model:count "p", 1, "a model outlives the names of its parents")
  for _ = 1, 200 do model_alone() end
  collectgarbage()
  tap.ok(true, "collecting many leaves nothing behind")
end

-- -------------------------------------------------------------------- models

local edges = { fact("edge", 1, 2), fact("edge", 2, 3), fact("edge", 3, 1),
  fact("edge", 3, 4) }
local reach = program_of({ { "edge", { "int", "int" } },
  { "reach", { "int", "int" }, input = "none" } }, {
  rule("reach", { var(1), var(2) }, { { "+", "edge", { var(1), var(2) } } },
    { "X", "Y" }),
  rule("reach", { var(1), var(3) }, { { "+", "reach", { var(1), var(2) } },
    { "+", "edge", { var(2), var(3) } } }, { "X", "Y", "Z" }),
})

do
  local view = view_with(edges)
  local program = assert(view:program(reach))
  local model = assert(view:evaluate(program, { threads = 1 }))
  tap.is(model:count "reach", 12, "rows derived")
  tap.is(select(2, model:count "reach"), 0, "none disputed")
  local rows = model:rows("reach", { 1, nil, n = 2 })
  tap.is(#rows, 4, "rows that match a pattern")
  local last = {}
  for i, row in ipairs(rows) do last[i] = row[2] end
  tap.is_deeply(last, { 1, 2, 3, 4 }, "sorted by value")
  tap.is(rows[1].truth, "true", "with their truth")
  tap.is(#model:rows "reach", 12, "all rows")
  tap.is(#model:rows("reach", { "x" }), 0, "a value of another type")
  tap.is(model:truth("reach", { 1, 4 }), "true", "truth of a tuple")
  tap.is(model:truth("reach", { 4, 1 }), "false", "falsehood of a tuple")
  tap.raises(function() model:rows "reech" end, "no relation 'reech'",
    "an unknown relation raises")
  tap.raises(function() model:truth("reach", { 1 }) end, "every argument",
    "truth wants all arguments")
  local backing = model:backing("edge", { 1, 2 })
  tap.is(#backing, 1, "an input row has its statement")
  tap.ok(backing[1] < 0 and view:find(backing[1]).args[2] == 2,
    "a scenario's serial is negative, and found")
  tap.like(program:print "rules", "reach", "rules as text")
  tap.like(program:print "strata", "stratum", "strata as text")
  tap.like(model:plan(), "reach", "plans as text")
  tap.is(program:relations()[2].columns[1].type, "int", "types after the check")
  tap.is(#program:diagnostics(), 0, "no warnings")

  local proof = assert(model:proof("reach", { 1, 4 }))
  local root = proof[1]
  tap.is(root.kind, "rule", "a proof's root is derived")
  tap.is(root.rule, 2, "by the second rule")
  tap.is_deeply(root.args, { 1, 4 }, "with its arguments")
  tap.is(#root.children, 2, "from two premises")
  local inputs = 0
  for _, node in ipairs(proof) do
    if node.kind == "input" then
      inputs = inputs + 1
      tap.is(#node.backing, 1, "an input names its statement")
    end
  end
  tap.is(inputs, 3, "three edges")
  tap.is(model:proof("reach", { 4, 1 }), nil, "what is false has no proof")

  local path = temporary ".tsv"
  tap.is(model:write("reach", path), 12, "rows written")
  local file = io.open(path)
  tap.is(file:read "l", "1\t1", "the first row of the file")
  file:close()
  os.remove(path)
end

do -- the third truth value
  local view = view_with { fact("move", "a", "b"), fact("move", "b", "a"),
    fact("move", "b", "c"), fact("move", "d", "e"), fact("move", "e", "d") }
  local model = assert(evaluate(view, program_of({
    { "move", { "symbol", "symbol" } }, { "win", { "symbol" }, input = "none" },
  }, { rule("win", { var(1) }, { { "+", "move", { var(1), var(2) } },
    { "-", "win", { var(2) } } }, { "X", "Y" }) })))
  local yes, disputed = model:count "win"
  tap.is(yes, 1, "one position is won")
  tap.is(disputed, 2, "two are undecided")
  tap.is(model:truth("win", { "d" }), "disputed", "the truth of one of them")
  tap.is(model:rows("win")[2].truth, "disputed", "marked in the rows")
end

do -- aggregates: heads and bodies
  local view = view_with { fact("w", "a", 1), fact("w", "a", 2),
    fact("w", "b", 5) }
  local model = assert(evaluate(view, program_of({
    { "w", { "symbol", "int" } }, { "total", { "symbol", "int" },
      input = "none" }, { "n", { "int" }, input = "none" } }, {
    rule("total", { var(1), { "a", "sum", var(2) } },
      { { "+", "w", { var(1), var(2) } } }, { "X", "W" }),
    rule("n", { var(1) }, { { "agg", var(1), "count", "w",
      { { "c", "a" }, false } } }, { "N" }),
  })))
  tap.is(model:rows("total")[1][2], 3, "a sum in a head")
  tap.is(model:rows("n")[1][1], 2, "a count in a body")
end

do -- diagnostics
  local view = view_with {}
  local program, problems = view:program(program_of({
    { "p", { "int" } }, { "q", { "int" }, input = "none" } }, {
    { head = { rel = "q", args = { var(2) } }, vars = { "X", "Y" },
      body = { { "+", "p", { var(1) } } }, span = { 1, 7, 3, 7, 20 } } }))
  tap.is(program, nil, "an unsafe rule is refused")
  local unsafe
  for _, d in ipairs(problems) do
    if d.severity == "error" then unsafe = d end
  end
  tap.is(unsafe.code, "unsafe-variable", "with a code")
  tap.is(unsafe.rule, 1, "the rule")
  tap.is(unsafe.file, "test", "the file")
  tap.is(unsafe.line, 7, "the line")
  tap.is(unsafe.names[1], "Y", "the names")
  tap.raises(function() view:program { relations = {}, rules = { {} } } end,
    "bad program", "a malformed table raises")
  tap.raises(function()
    view:program(program_of({ { "p", { "int" } } },
      { rule("p", { { "z" } }, {}, {}) }))
  end, "no expression 'z'", "an unknown expression raises")
end

-- ----------------------------------------------------- functions of rules

local function doubling(call, result)
  return program_of({ { "p", { "int" } }, { "q", { "int", result or "int" },
    input = "none" } }, { rule("q", { var(1), { "f", "twice", var(1) } },
      { { "+", "p", { var(1) } } }, { "X" }) },
    { { name = "twice", nargs = 1, result = result or "int", call = call } })
end

local function numbers(n)
  local facts = {}
  for i = 1, n do facts[i] = fact("p", i) end
  return facts
end

do
  local calls = 0
  local view = view_with(numbers(5000))
  local model = assert(evaluate(view, doubling(function(x)
    calls = calls + 1
    if x % 2 == 0 then return nil end
    return 2 * x
  end)))
  tap.is(model:count "q", 2500, "nil drops the row")
  tap.is(model:truth("q", { 7, 14 }), "true", "values are computed")
  tap.is(calls, 5000, "each argument is asked once")
end

do
  local view, kb = view_with(numbers(3))
  local model, message, code = evaluate(view, doubling(function()
    error("no luck", 0)
  end))
  tap.is(model, nil, "an error in a function ends the evaluation")
  tap.is(code, "function", "with its code")
  tap.like(message, "twice.*no luck", "and its name and message")
  model, message, code = evaluate(view, doubling(function() return "x" end))
  tap.ok(model == nil and code == "function", "so does a wrong type")
  tap.like(message, "no int", "which is named")
  local inner, busy
  model = evaluate(view, doubling(function(x)
    inner, busy = select(2, kb:view())
    return x
  end))
  tap.ok(model, "a function may try to call the engine")
  tap.is(busy, "busy", "which refuses")
  tap.like(inner, "function", "and says why")
  model, message, code = evaluate(view, doubling(function(x)
    do local _ <close> = view end
    return x
  end))
  tap.ok(model == nil and code == "function", "nor can it close a handle")
  tap.like(message, "can't close dragoman.view", "of what is evaluated")
  tap.is(evaluate(view, doubling(function() coroutine.yield() end)), nil,
    "a function can't yield")
  local co = coroutine.wrap(function()
    return evaluate(view, doubling(function(x) return x end))
  end)
  tap.is(co():count "q", 3, "evaluating in a coroutine")
end

do -- aggregates registered from Lua
  local view = view_with { fact("p", 3), fact("p", 1), fact("p", 2) }
  local seen
  local table = program_of({ { "p", { "int" } }, { "q", { "int" },
    input = "none" } }, { rule("q", { { "a", "middle", var(1) } },
      { { "+", "p", { var(1) } } }, { "X" }) },
    { { name = "middle", result = "int", fold = function(list)
      seen = list
      return list[(#list + 1) // 2]
    end } })
  local model = assert(evaluate(view, table))
  tap.is(model:rows("q")[1][1], 2, "an aggregate in Lua")
  tap.is_deeply(seen, { 1, 2, 3 }, "gets its group sorted")
end

do -- terms made by functions
  local view = view_with { fact("p", 1) }
  local model = assert(evaluate(view, doubling(function(x)
    return values.term("twice_of", x)
  end, "term")))
  tap.is(model:rows("q")[1][2], values.term("twice_of", 1), "a term result")
end

-- ---------------------------------------------------- budgets, cancellation

do
  local view = view_with { fact("p", 0) }
  local endless = program_of({ { "p", { "int" } } }, {
    rule("p", { { "f", "+", var(1), { "c", 1 } } },
      { { "+", "p", { var(1) } } }, { "X" }) })
  local model, message, code = evaluate(view, endless, { facts = 1000 })
  tap.ok(model == nil and code == "budget", "a budget of rows stops it")
  tap.like(message, "%S", "with a message")
  code = select(3, evaluate(view, endless, { seconds = 0.05 }))
  tap.is(code, "budget", "a budget of time stops it")
  core.cancel()
  code = select(3, evaluate(view, endless))
  core.uncancel()
  tap.is(code, "cancelled", "cancelling stops it")
  tap.raises(function() evaluate(view, endless, { facts = -1 }) end, "below",
    "a negative budget raises")
end

-- --------------------------------------------------------------- table files

do
  local path = temporary ".csv"
  write(path, 'to,from,name\n1,2,"a, b"\n3,4,"say ""hi"""\n')
  local view = view_with {}
  local options = { separator = ",", quoted = true, header = true,
    types = { "int", "symbol" }, pick = { 2, 3 } }
  tap.is(view:table("t", path, options), 2, "rows of a table file")
  local model = assert(evaluate(view, program_of { { "t", { "int", "symbol" } } }))
  local rows = model:rows "t"
  tap.is(rows[1][1], 2, "a picked column")
  tap.is(rows[2][2], 'say "hi"', "quotes")
  write(path, "1\tx\n")
  local n, message, code = view:table("t", path,
    { separator = "\t", types = { "int", "int" } })
  tap.ok(n == nil and code == "invalid", "a bad field is a failure")
  tap.like(message, ":1:%d+: ", "with its place")
  os.remove(path)
  code = select(3, view:table("t", path, { types = { "int" } }))
  tap.is(code, "not_found", "a missing file")
  tap.raises(function() view:table("t", path, { types = { "integer" } }) end,
    "no type 'integer'", "an unknown type raises")
end

-- -------------------------------------------------------------------- stores

do
  local path = temporary ".store"
  local kb, message, code = core.open(path)
  tap.ok(kb == nil and code == "not_found", "a store that isn't there")
  tap.like(message, "%S", "with a message")
  kb = assert(core.open(path, { create = true }))
  tap.ok(core.is_store(path), "what was created is a store")
  tap.is(select(3, core.open(path)), "busy", "it can't be opened twice")
  local tx = assert(kb:begin("ann", "the first one"))
  local serial = assert(tx:add(fact("member", "a", "b")))
  assert(tx:note("file.dm", "0123456789abcdef"))
  local number = assert(tx:commit())
  local log = assert(kb:log())
  tap.is(#log, 1, "one transaction in the log")
  tap.is(log[1].author, "ann", "with its author")
  tap.is(log[1].message, "the first one", "its message")
  tap.is(log[1].number, number, "its number")
  tap.is(log[1].added, 1, "and what it added")
  tap.is(kb:note "file.dm", "0123456789abcdef", "a note comes back")
  tap.is(kb:note "other", nil, "no such note")
  tap.is_deeply(kb:verify(), {}, "the store is sound")
  tap.is(kb:info().statements, 1, "it counts statements")
  tap.is(kb:refresh(), false, "nobody else wrote")
  tap.ok(kb:close(), "it closes")
  kb = assert(core.open(path, { readonly = true }))
  tap.is(kb:find(serial).args[2], "b", "the statement is there again")
  tap.is(select(3, kb:begin("x", "y")), "read_only", "reading only")
  tap.is(kb:path(), path, "its path")
  kb:close()
  kb = assert(core.open(path))
  local csv = temporary ".tsv"
  write(csv, "1\t2\n3\t4\n")
  tx = assert(kb:begin("ann", "bulk"))
  local import = assert(tx:add { kind = "import", relation = "edge",
    file = csv })
  tap.is(tx:import(import, csv, { types = { "int", "int" } }), 2,
    "rows imported")
  assert(tx:commit())
  local view = assert(kb:view { at = "2021-04-13" })
  local model = assert(evaluate(view, reach))
  tap.is(model:count "reach", 2, "imported rows are facts")
  tap.is(model:backing("edge", { 1, 2 })[1], import, "backed by the import")
  view:close()
  tx = assert(kb:begin("ann", "breaks a key"))
  assert(tx:add(fact("head", "x", 1)))
  assert(tx:add(fact("head", "x", 2)))
  tx:key("head", { 1 })
  tap.is(select(3, tx:commit()), "key", "a broken key refuses the commit")
  tap.is(kb:count(), 2, "and nothing of it is there")
  tx = assert(kb:begin("ann", "given up"))
  tx:add(fact("x", 1))
  tx:abort()
  tap.is(kb:count(), 2, "an aborted transaction leaves nothing")
  kb:close()
  write(csv, "this is no store")
  tap.is(select(3, core.open(csv)), "format", "a foreign file")
  tap.ok(not core.is_store(csv), "is no store")
  for _, file in ipairs { csv, path, path .. "-lock" } do os.remove(file) end
end

-- ---------------------------------------------------------------- the system

do
  local folder = temporary "-folder"
  assert(core.mkdir(folder))
  tap.ok(core.mkdir(folder), "making a folder again is fine")
  write(folder .. "/b.dm", "x")
  write(folder .. "/a.dm", "x")
  assert(core.mkdir(folder .. "/c"))
  local files = core.files(folder)
  tap.is_deeply(files, { { name = "a.dm", kind = "file" },
    { name = "b.dm", kind = "file" }, { name = "c", kind = "folder" } },
    "files of a folder, sorted")
  tap.is(core.stat(folder).kind, "folder", "a folder is a folder")
  tap.is(core.stat(folder .. "/a.dm").size, 1, "the size of a file")
  tap.is(select(3, core.stat(folder .. "/x")), "not_found", "no such file")
  tap.is(select(3, core.files(folder .. "/x")), "not_found", "no such folder")
  for _, name in ipairs { "/a.dm", "/b.dm", "/c", "" } do
    os.remove(folder .. name)
  end
end

tap.done()
