-- kb/README.md's example is a knowledge base that works, and the short scripts
-- that people copy run.

local dragoman = require "dragoman"
local core = require "dragoman.core"
local sample = require "sample"
local tap = require "tap"
local files = require "files"
local read = files.must_read

local function run(command)
  local program = os.getenv "DRAGOMAN" or "build/dragoman"
  local pipe = assert(io.popen(program .. " " .. command .. " 2>&1"))
  local output = pipe:read "a"
  return output, pipe:close()
end

local folder = sample.path ""
assert(core.mkdir(folder))
local example = read "kb/README.md":match "\n```dragoman\n(.-)\n```"
if not tap.ok(example, "the guide has an example") then tap.done() end
sample.write(folder .. "/harbour.dm", example)

local output, ok = run("check " .. folder)
tap.ok(ok, "check finds no mistake in it")
tap.like(output, "0 errors, 0 warnings", "and no gap")
output = run("query " .. folder .. " 'shuns(A, P, R)'")
tap.like(output, "dockers +pay_talks +pay_talks", "the query that it shows")
output = run("why " .. folder .. " 'outcome(P, O)'")
tap.like(output, "g1 the dockers' union, 5 Mar 2024, Harbour Gazette par 1",
  "the why that it shows unfolds to a claim")
output = run("run scripts/talks.lua " .. folder)
for _, pattern in ipairs { "^PAY TALKS", "> it stalls +1 for, 0 against +LEADING",
  "refuses the pay talks until the port company pays%s+the bonus",
  "g3 a manager for the port company, \"probably\", 5 Mar 2024",
  "Waiting costs the dockers' union nothing",
  "drop g3: [^\n]+payment of the bonus.-stalls %-> UNDECIDED",
  "15 Mar 2024 passes" } do
  tap.like(output, pattern, "talks.lua on it: " .. pattern)
end
for _, word in ipairs { "fghan", "aliban", "stanbul", "article" } do
  tap.ok(not output:find(word, 1, true), "nothing of another case: " .. word)
end

-- Every statement form that the guide teaches is known to the grammar.
local kb = assert(dragoman.open(folder))
tap.is(#kb:claims(), 3, "three claims")
kb:close()
for _, entry in ipairs(core.files(folder)) do
  os.remove(folder .. "/" .. entry.name)
end
os.remove(folder .. "/.store.dmdb")
os.remove(folder .. "/.store.dmdb-lock")
os.remove(folder)

-- The scripts, on a copy of the case.
local case = sample.path ""
assert(core.mkdir(case))
for _, entry in ipairs(core.files "kb/afghanistan-2021") do
  if entry.name:find "%.dm$" then
    sample.write(case .. "/" .. entry.name,
      read("kb/afghanistan-2021/" .. entry.name))
  end
end
output, ok = run("run scripts/custom_rule.lua " .. case)
tap.ok(ok, "custom_rule.lua runs")
tap.like(output, "^ground%(istanbul_opens, opens, against, "
  .. "put_off%(istanbul, 2021%-04%-16%)%)", "its ground is one like any other")
tap.like(output, "c11_4 the reporter, 13 Apr 2021, ABC News par 11",
  "and unfolds to its claim")
output, ok = run("run scripts/custom_function.lua " .. case)
tap.ok(ok, "custom_function.lua runs")
tap.like(output, " 11 days  istanbul\n", "11 days to the conference")
tap.like(output, "151 days  plans%(us, withdrawn%(us_forces%)%)",
  "151 to the exit")
output, ok = run("run scripts/talks.lua")
tap.ok(not ok, "talks.lua without a knowledge base fails")
tap.like(output, "usage: talks.lua KB", "and says how it is used")
for _, entry in ipairs(core.files(case)) do
  os.remove(case .. "/" .. entry.name)
end
os.remove(case .. "/.store.dmdb")
os.remove(case .. "/.store.dmdb-lock")
os.remove(case)

tap.done()
