-- The first case, kb/afghanistan-2021, from claims to an explained outcome:
-- every paragraph has its claims, every leaf of the explanation is backed, six
-- changes have the effects that its README predicts, and nothing shows before
-- the day it was published.

local core = require "dragoman.core"
local dragoman = require "dragoman"
local sample = require "sample"
local tap = require "tap"
local read = require "files".must_read

local FOLDER <const> = "kb/afghanistan-2021"
local DAY <const> = "2021-04-13"

-- ----------------------------------------------------------- a copy to work on

-- The folder without its store, so that none is left among the sources.
local function copy(more)
  local to = sample.path ""
  assert(core.mkdir(to))
  for _, entry in ipairs(assert(core.files(FOLDER))) do
    if entry.kind == "file" and entry.name:find "%.%a+$"
      and not entry.name:find "dmdb" then
      sample.write(to .. "/" .. entry.name, read(FOLDER .. "/" .. entry.name))
    end
  end
  for name, path in pairs(more or {}) do
    sample.write(to .. "/" .. name, read(path))
  end
  return to
end

local function remove(folder)
  for _, entry in ipairs(core.files(folder) or {}) do
    os.remove(folder .. "/" .. entry.name)
  end
  for _, name in ipairs { ".store.dmdb", ".store.dmdb-lock" } do
    os.remove(folder .. "/" .. name)
  end
  os.remove(folder)
end

local folder = copy()
local kb = assert(dragoman.open(folder))
kb:use "outcomes"

local function all(view, goal)
  local list, message = view:answers(goal)
  if not list then error(goal .. ": " .. tostring(message)) end
  return list
end

-- "true", "disputed" or "false".
local function truth(view, goal)
  local list = all(view, goal)
  return #list == 0 and "false" or list[1].truth or "true"
end

local function count(view, question, option, direction)
  local n = 0
  for _, row in ipairs(all(view, ("ground(%s, %s, %q, R)"):format(question,
    option, direction))) do
    if row.truth ~= "disputed" then n = n + 1 end
  end
  return n
end

local function leading(view)
  local parts = {}
  for _, row in ipairs(all(view, "leading(istanbul_opens, O)")) do
    parts[#parts + 1] = row.O .. (row.truth == "disputed" and "?" or "")
  end
  table.sort(parts)
  return #parts == 0 and "none" or table.concat(parts, " ")
end

-- --------------------------------------------------- paragraphs and their claims

local view = assert(kb:view { at = DAY, known_by = DAY })
local paragraphs = {}
for _, c in ipairs(view:claims()) do
  if c.source == "abc" then paragraphs[c.para or -1] = true end
end
local missing = {}
for i = 0, 22 do
  if not paragraphs[i] then missing[#missing + 1] = i end
end
tap.is(table.concat(missing, " "), "", "every paragraph has a claim")

local check = require "dragoman.check"
local found = assert(check.kb(kb, { at = DAY }))
tap.ok(not check.has_errors(found), "the check finds no mistake")
local gaps = {}
for _, d in ipairs(found) do
  if d.severity == "warning" and d.code ~= "W606" then
    gaps[#gaps + 1] = d.code .. " " .. d.message
  end
end
tap.is(table.concat(gaps, "\n"), "",
  "no fact without backing, no undeclared name, no paragraph left out")

-- The table of the README says the same.
local told = {}
for id in read(FOLDER .. "/README.md"):gmatch "[ |](c%d+[_%d]*)" do
  told["abc." .. id] = true
end
local untold, n = {}, 0
for _, c in ipairs(view:claims()) do
  if c.source == "abc" then
    n = n + 1
    if not told[c.id] then untold[#untold + 1] = c.id end
  end
end
tap.is(table.concat(untold, " "), "", "every claim is in the README's table")
tap.is(n, 76, "and there are as many as it says")

-- ------------------------------------------------------------- leaves of `why`

local function backed(leaf)
  if leaf.kind == "claim" then
    local c = leaf.claim
    return c.speaker and c.said and c.para and c.source
  elseif leaf.kind == "judgement" then return leaf.judgement.by
  elseif leaf.kind == "background" then
    return leaf.source and leaf.source.publisher and leaf.source.published
  end
  return leaf.kind == "assumption" and leaf.atom
end

local function assert_backed(v, goal)
  local why = assert(v:why(goal))
  local bad, kinds = {}, {}
  for _, leaf in ipairs(why:leaves()) do
    kinds[leaf.kind] = (kinds[leaf.kind] or 0) + 1
    if not backed(leaf) then
      bad[#bad + 1] = leaf.kind .. " " .. tostring(leaf.atom)
    end
  end
  tap.is(table.concat(bad, "\n"), "", goal .. ": every leaf is backed")
  return kinds, why
end

local kinds, why = assert_backed(view, "outcome(istanbul, stalls)")
tap.is(kinds.claim, 2, "the leading answer rests on two claims")
tap.is(kinds.assumption, 4, "and four assumptions")
tap.ok(not kinds.fact and not kinds.given, "and on nothing unsourced")
local ids = {}
for _, leaf in ipairs(why:leaves()) do
  if leaf.claim then ids[#ids + 1] = leaf.claim.id end
end
table.sort(ids)
tap.is(table.concat(ids, " "), "abc.c3 abc.c6", "the two that the text turns on")
for _, row in ipairs(all(view, "ground(Q, O, D, R)")) do
  assert_backed(view, ("ground(%s, %s, %q, %s)"):format(row.Q, row.O, row.D,
    tostring(row.R)))
end
local text = tostring(why)
tap.like(text, "c3 the Taliban's spokesperson, twitter, 13 Apr 2021, "
  .. "ABC News", "who said it, through what, when, where")
local widest = 0
for line in text:gmatch "[^\n]+" do
  widest = math.max(widest, utf8.len(line))
end
tap.ok(widest <= 80, "80 columns")

-- --------------------------------------------------------------- where it starts

tap.is(leading(view), "stalls", "it stalls")
tap.is(count(view, "istanbul_opens", "stalls", "for"), 3, "three grounds for it")
tap.is(count(view, "istanbul_opens", "opens", "for"), 0, "none for opening")
tap.is(count(view, "war_widens", "widens", "for"), 4, "four for a wider war")
tap.is(count(view, "war_widens", "widens", "against"), 1, "one against")
tap.is(truth(view, "leading(war_widens, O)"), "false",
  "no option leads on the war")
tap.is(truth(view, 'set_aside("abc.c4", "abc.c3", superseded)'), "true",
  "Turkey's word is set aside, in sight")
tap.is(truth(view, 'believed("abc.c4_2")'), "true",
  "but not what it said of the government")

-- ------------------------------------------------------------------ six changes

-- The blocks of changes.txt, by name.
local function changes()
  local list, current = {}, nil
  for line in io.lines(FOLDER .. "/changes.txt") do
    local name = line:match "^## (.+)$"
    if name then
      current = { text = {} }
      list[#list + 1], list[name] = current, current
    elseif current then
      local day = line:match "^at (%S+)$"
      if day then current.at = day
      elseif not line:find "^#" then table.insert(current.text, line) end
    end
  end
  return list
end

local CHANGES = changes()
tap.is(#CHANGES, 6, "six changes")

local function try(name, look)
  local change = assert(CHANGES[name], name)
  local v = change.at and assert(kb:view { at = change.at }) or view
  local s, message = v:suppose(table.concat(change.text, "\n"))
  if not tap.ok(s, name) then return tap.diag(message) end
  look(s, v)
  s:close()
  if v ~= view then v:close() end
end

local function grounds(s, stalls, opens, widens)
  tap.is(count(s, "istanbul_opens", "stalls", "for"), stalls,
    "  grounds for stalling: " .. stalls)
  tap.is(count(s, "istanbul_opens", "opens", "for"), opens,
    "  grounds for opening: " .. opens)
  tap.is(count(s, "war_widens", "widens", "for"), widens,
    "  grounds for a wider war: " .. widens)
end

try("the exit announcement never made", function(s)
  tap.is(leading(s), "none", "  undecided")
  tap.is(truth(s, "gains_by_waiting(taliban, istanbul)"), "false",
    "  the Taliban don't gain by waiting")
  tap.is(truth(s, "holds_out(taliban, istanbul)"), "false", "  nor hold out")
  tap.is(truth(s, "shuns(taliban, istanbul, talks)"), "true",
    "  though they refuse")
  tap.is(truth(s, "given_away(us, us_forces, _, _)"), "false",
    "  the lever is not given away")
  grounds(s, 2, 0, 2)
end)

try("an enforcer of the deal is added", function(s)
  tap.is(leading(s), "stalls", "  the stall is unchanged")
  grounds(s, 3, 0, 3)
  tap.is(truth(s, 'ground(war_widens, widens, "for", no_enforcer(talks))'),
    "false", "  the ground that falls is the missing enforcer")
end)

try("the condition is met: all foreign forces have left", function(s)
  tap.is(leading(s), "none", "  undecided")
  tap.is(truth(s, "refuses(taliban, talks)"), "false",
    "  the refusal holds no longer")
  tap.is(truth(s, "assesses(pentagon_ig, aims(taliban, stall))"), "false",
    "  nor does the reading of the aim")
  tap.is(truth(s, "accepts(taliban, istanbul)"), "false",
    "  a condition met is not a consent")
  tap.is(truth(s, "outcome(istanbul, opens)"), "false", "  it doesn't open")
  tap.is(count(s, "istanbul_opens", "stalls", "for"), 0, "  no ground left")
end)

try("the refusal is withdrawn the next day", function(s, before)
  tap.is(leading(before), "stalls", "  it stalls the day before")
  tap.is(leading(s), "opens", "  it opens")
  tap.is(truth(s, 'set_aside("abc.c3", _, superseded)'), "true",
    "  a body's later word supersedes its own")
  tap.is(truth(s, 'believed("abc.c4")'), "true",
    "  what was defeated is reinstated")
  grounds(s, 2, 2, 4)
end)

try("the Pentagon line is disbelieved", function(s)
  tap.is(leading(s), "stalls", "  leading unchanged")
  grounds(s, 2, 0, 4)
end)

try("Turkey's statement comes after the spokesman's", function(s)
  tap.is(leading(s), "opens? stalls?", "  both outcomes are disputed")
  for _, goal in ipairs { "refuses(taliban, talks)",
    "accepts(taliban, istanbul)", "outcome(istanbul, stalls)",
    "outcome(istanbul, opens)", "gains_by_waiting(taliban, istanbul)" } do
    tap.is(truth(s, goal), "disputed", "  disputed: " .. goal)
  end
  tap.is(truth(s, "can_block(taliban, istanbul)"), "true",
    "  what doesn't rest on it is not")
end)

tap.is(leading(view), "stalls", "nothing was written")

-- ------------------------------------------------------------- the day before

-- Everything that only the article knows: ids, names, labels, words.
local function secrets()
  local list = { "abc", "ABC News", "13 Apr", DAY, "doom Afghan",
    "senior administration" }
  for _, c in ipairs(view:claims()) do
    if c.source == "abc" then
      list[#list + 1] = c.id
      list[#list + 1] = c.hedge and #c.hedge > 6 and c.hedge or nil
    end
  end
  for _, st in ipairs(view:statements { source = "abc" }) do
    list[#list + 1] = st.text or nil
    if st.kind == "question" then list[#list + 1] = st.title end
    if st.label then
      list[#list + 1] = st.label
      list[#list + 1] = st.args[1]
    end
  end
  for _, row in ipairs(all(view, "question(Q, T, P, H, R)")) do
    for _, name in ipairs { "Q", "T", "R" } do list[#list + 1] = row[name] end
    list[#list + 1] = tostring(row.H)
  end
  return list
end

local SECRETS = secrets()
tap.ok(#SECRETS > 120, "there is much to hide")

local function silent(output, name)
  local low, seen = output:lower(), {}
  for _, secret in ipairs(SECRETS) do
    if type(secret) == "string" then
      local at, stop = low:find(secret:lower(), 1, true)
      local word = "[%w_]"
      while at do
        local alone = not low:sub(at - 1, at - 1):find(word)
          and not low:sub(stop + 1, stop + 1):find(word)
        if alone then seen[#seen + 1] = secret end
        at, stop = low:find(secret:lower(), stop + 1, true)
      end
    end
  end
  tap.is(table.concat(seen, "\n"), "", name .. ": nothing of the 13th")
end

local function run(command)
  local program = os.getenv "DRAGOMAN" or "build/dragoman"
  local pipe = assert(io.popen(program .. " " .. command .. " 2>&1"))
  local output = pipe:read "a"
  pipe:close()
  return output
end

local EARLY <const> = " --at 2021-04-12 --known-by 2021-04-12"
local early = assert(kb:view { at = "2021-04-12", known_by = "2021-04-12" })

local function dump(value, into, depth)
  if type(value) ~= "table" or getmetatable(value) then
    into[#into + 1] = tostring(value)
  elseif depth < 6 then
    for _, item in pairs(value) do dump(item, into, depth + 1) end
  end
  return into
end

local function text_of(value) return table.concat(dump(value, {}, 0), "\n") end

silent(text_of(early:claims()), "claims()")
silent(text_of(early:sources()), "sources()")
silent(text_of(early:statements()), "statements()")
tap.is(#early:sources(), 5, "the background's sources are there")
tap.is(#early:claims(), 2, "and its claims")
tap.is(early:claim "abc.c3", nil, "a claim by its id is not")

for _, goal in ipairs { "label(E, T)", "source_info(A, B, C, D, E)",
  "claim{id = C, source = S, speaker = P, content = X, said = D}",
  "question(Q, T, P, H, R)", "question_option(Q, O)", "actor(A)",
  "process(P)", "forces(F)", "issue(I)", "proposal(P)", "measure(M)",
  "development(D)", "part_of(A, B)", "speaks_for(A, B)", "member(A, B)",
  "controls(A, B)", "plural(X)", "due(X, D)", "deadline(M, D)",
  "claim_due(C, D)", "claim_condition(C, M, K)", "claim_after(A, B)",
  "position(A, I, S, W)", "capability(A, W)", "believed(C)",
  "bears_on(Q, X, O, D)", "ground(Q, O, D, R)", "outcome(P, O)",
  "watch(X)", "unknown(X)", "satisfied(X)", "promises(A, X)",
  "today(T)", "place(P)" } do
  silent(text_of(all(early, goal)), goal)
end

silent(tostring(early:why "due(X, D)"), "why")
silent(early:why("due(X, D)"):json(), "why as JSON")
tap.ok(not early:why "outcome(istanbul, stalls)", "no why of a later answer")
tap.ok(not early:suppose "- claim c6.", "a hidden claim can't be taken back")

local shown = run("run scripts/talks.lua " .. folder .. EARLY)
tap.like(shown, "2021%-04%-12", "talks.lua runs on the day before")
silent(shown, "talks.lua")
silent(run("query" .. EARLY .. " " .. folder .. " 'label(E, T)'"), "query")
silent(run("query" .. EARLY .. " " .. folder .. " 'outcome(P, O)'"),
  "query of outcomes")
silent(run("why" .. EARLY .. " " .. folder .. " 'due(X, D)'"), "dragoman why")
for _, d in ipairs(assert(check.kb(kb, { at = "2021-04-12",
  known_by = "2021-04-12" }))) do
  -- W606 says how much is hidden; naming it is what it is for.
  if d.code ~= "W606" then silent(text_of(d), "check " .. d.code) end
end
early:close()

-- ------------------------------------------------------------ after the horizon

local late = assert(kb:view { at = "2021-05-01" })
tap.is(truth(late, "leading(istanbul_opens, O)"), "false",
  "no option leads once the horizon has passed")
tap.is(truth(late, "outcome(istanbul, O)"), "false", "nor is one arrived at")
tap.is(truth(late, "ground(istanbul_opens, O, D, R)"), "false",
  "nor has it grounds")
late:close()
shown = run("run scripts/talks.lua " .. folder .. " --at 2021-05-01")
tap.like(shown, "horizon passed, no source says how it ended, newest source "
  .. "2021%-04%-13", "the report says so")
tap.ok(not shown:find "LEADING" and not shown:find "outcome%(istanbul",
  "and names no leading option")

-- ------------------------------------------------------------------- the screen

shown = run("run scripts/talks.lua " .. folder .. " --at " .. DAY)
widest = 0
for line in shown:gmatch "[^\n]+" do
  widest = math.max(widest, utf8.len(line) or #line)
end
tap.ok(widest <= 80 + math.max(0, #folder - #FOLDER),
  "80 columns, but for the path")
for _, pattern in ipairs { "^AFGHAN TALKS", "CONFIDENCE LOW", "HINDSIGHT",
  "> it stalls +3 for, 0 against +LEADING",
  "it opens +0 for, 3 against, 1 set aside", "no likelihood stated",
  "until all foreign forces leave", "a4 Waiting costs the Taliban nothing",
  "WHY   dragoman why", "ASSUMPTION a4", "background's share %d+ %%",
  "exit announcement never made +stalls %-> UNDECIDED",
  "enforcer of the deal is added +leading unchanged",
  "the condition is met[^\n]+stalls %-> UNDECIDED",
  "refusal is withdrawn the next day +stalls %-> opens",
  "Pentagon line is disbelieved +leading unchanged",
  "after the spokesman's +stalls %-> DISPUTED", "CLASHES +c3", "c17 .-c18_2",
  "PRESSURE", "given away +c6 c9", "UNKNOWN", "WATCH",
  "24 Apr 2021 passes" } do
  tap.like(shown, pattern, "the screen: " .. pattern)
end
local aloud = shown:gsub("'outcome%(istanbul, stalls%)'", "")
tap.ok(not aloud:find "%l[%w_]*%(%l", "no raw functor text")
tap.like(run("why " .. folder .. " 'outcome(istanbul, stalls)'"), "ASSUMPTION",
  "the command that it names works")
view:close()
kb:close()
remove(folder)

-- ----------------------------------------------------------- what became known

folder = copy { ["aftermath.dm"] = "tests/kb/aftermath.dm" }
kb = assert(dragoman.open(folder))
kb:use "outcomes"
tap.is(tostring(kb.at), "2021-08-30", "the default day is the newest source's")
tap.is(truth(kb, "withdrawn(us_forces)"), "true", "by then they have left")
tap.is(truth(kb, "falls_to(kabul, taliban)"), "true", "and Kabul has fallen")
local then_ = assert(kb:view { at = DAY })
tap.is(tostring(then_.known_by), DAY, "what is known goes with the day read at")
tap.is(truth(then_, "withdrawn(us_forces)"), "false", "on the 13th they hadn't")
tap.is(#then_:statements { source = "aftermath_1" }, 0, "nothing of it shows")
tap.is(then_:source "aftermath_2", nil, "nor of the other source")
tap.is(leading(then_), "stalls", "and the answer is the same")
then_:close()
local wise = assert(kb:view { at = DAY, known_by = "2021-12-31" })
tap.is(truth(wise, "withdrawn(us_forces)"), "false",
  "an event is not before its day, whatever is known")
tap.ok(wise:source "aftermath_1", "but asked for, the source is there")
wise:close()
local between = assert(kb:view { at = "2021-09-01", known_by = "2021-08-20" })
tap.is(truth(between, "falls_to(kabul, taliban)"), "true", "published by then")
tap.is(truth(between, "withdrawn(us_forces)"), "false", "not published by then")
between:close()
kb:close()
remove(folder)

-- ---------------------------------------------------- without the background

folder = copy()
os.remove(folder .. "/background.dm")
tap.ok(not dragoman.open(folder), "names need their declaration")
remove(folder)
folder = copy()
kb = assert(dragoman.open(folder))
kb:use "outcomes"
local alone = assert(kb:view { at = DAY, sources = { "abc" } })
tap.is(truth(alone, "can_block(A, P)"), "false",
  "listening to the article only, nobody is known to block")
tap.is(leading(alone), "none", "and the rules arrive at nothing")
alone:close()
local others = assert(kb:view { at = DAY, speakers = { "turkey_mfa" } })
tap.is(truth(others, "accepts(taliban, istanbul)"), "true",
  "listening to Turkey only, both sides accept")
others:close()
kb:close()
remove(folder)

tap.done()
