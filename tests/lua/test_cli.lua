-- The program: verbs, options, exit status, what goes where, and the prompt
-- with lines from a pipe.

local tap = require "tap"

local program = os.getenv "DRAGOMAN" or "build/dragoman"

-- A folder of its own; the files made there are removed by name at the end.
local folder = os.tmpname()
os.remove(folder)
assert(os.execute("mkdir '" .. folder .. "'"))

local made = {}

local function path(name) return folder .. "/" .. name end

local function write(name, text)
  local file = assert(io.open(path(name), "wb"))
  file:write(text)
  file:close()
  made[name] = true
  return path(name)
end

local function read(name)
  local file = io.open(path(name), "rb")
  if not file then return nil end
  local text = file:read "a"
  file:close()
  return text
end

-- Run the program with these words of a shell: standard output, standard
-- error, exit status.
local function run(words, input)
  write("input", input or "")
  local command = string.format("cd '%s' && '%s' %s <input >output 2>errors",
    folder, program, words)
  local _, _, status = os.execute(command)
  return read "output", read "errors", status
end

local function fine(words, pattern, name)
  local out, err, status = run(words)
  tap.is(status, 0, name .. ": status")
  if not tap.like(out, pattern, name) then tap.diag(err) end
  return out, err
end

local function refused(words, wanted, pattern, name)
  local out, err, status = run(words)
  tap.is(status, wanted, name .. ": status")
  tap.like(err, pattern, name)
  tap.is(out, "", name .. ": nothing on standard output")
end

-- ------------------------------------------------------------ help, usage

fine("--version", "^dragoman %d+%.%d+%.%d+\n$", "--version")
fine("-V", "^dragoman", "-V")
local help = fine("--help", "dragoman query KB GOAL", "--help")
for line in help:gmatch "[^\n]+" do
  if utf8.len(line) > 80 then tap.ok(false, "80 columns: " .. line) end
end
for _, verb in ipairs { "run", "query", "why", "check", "load", "dump",
  "eval", "explain", "log", "verify" } do
  fine(verb .. " --help", "dragoman " .. verb, verb .. " --help")
  fine("help " .. verb, "dragoman " .. verb, "help " .. verb)
end
fine("query --version", "^dragoman", "a verb's --version")
refused("qurey", 2, "did you mean `query`", "a misspelt verb")
refused("qurey a b", 2, "did you mean `query`", "a misspelt verb, arguments")
refused("query x y --jsn", 2, "did you mean %-%-json", "a misspelt option")
refused("query x", 2, "it needs KB GOAL", "too few arguments")
refused("query x y z", 2, "too much: z", "too many arguments")
refused("query x y --at", 2, "%-%-at needs DATE", "an option without its value")
refused("query x y --at 2021-13-01", 2, "no month 13", "a bad date")
refused("eval x.dm -j many", 2, "no whole number", "a bad number")
refused("eval x.dm --count=3", 2, "takes no argument", "a switch with a value")
refused("query nowhere.dm 'p(X)'", 1, "nowhere", "a missing knowledge base")
refused("eval nowhere.dm", 1, "nowhere.dm", "a missing program")

-- --------------------------------------------------------------------- eval

write("edge.facts", "1\t2\n2\t3\n3\t4\n")
write("reach.dm", [[
import edge(x: int, y: int) from "edge.facts".
export reach to "reach.tsv".
reach(X, Y) if edge(X, Y).
reach(X, Z) if reach(X, Y) and edge(Y, Z).
]])
fine("eval reach.dm --count", "^reach\t6\n$", "eval --count")
fine("eval reach.dm -F . -j 1 --count", "^reach\t6\n$", "eval -F -j")
for _, way in ipairs { "hash", "bits", "small,written", "demand,multiway",
  "no_demand,binary" } do
  fine("eval reach.dm --count --force " .. way, "^reach\t6\n$",
    "eval --force " .. way)
end
refused("eval reach.dm --force has", 2, "has is no way.*hash",
  "a way that there isn't")
fine("eval --help", "%-%-count", "help of eval")
tap.ok(not run("eval --help"):find "force", "which keeps --force to itself")
fine("eval reach.dm -D out", "^$", "eval -D")
made["out/reach.tsv"] = true
tap.is(read "out/reach.tsv", "1\t2\n1\t3\n1\t4\n2\t3\n2\t4\n3\t4\n",
  "the exported file")
fine("eval reach.dm", "^$", "eval writes beside the program")
made["reach.tsv"] = true
tap.ok(read "reach.tsv", "the exported file is there")
refused("eval reach.dm -F nowhere --count", 1, "E222", "a missing fact file")
refused("eval reach.dm --count --facts 3", 1, "budget", "a budget")
write("bad.facts", "1\tx\n")
write("bad.dm", 'import edge(x: int, y: int) from "bad.facts".\n')
refused("eval bad.dm", 1, "bad%.facts:1:3", "a bad field")
write("win.dm", [[
move(a, b). move(b, a). move(b, c). move(d, e). move(e, d).
win(X) if move(X, Y) and not win(Y).
]])
fine("eval win.dm --count", "^win\t1\t2 disputed\n$", "disputed rows counted")
write("mistakes.dm", "p(X) if q(X.\nr(Y) if s(X).\n")
refused("eval mistakes.dm", 1, "mistakes%.dm:1:%d+: error%[E%d+%]",
  "mistakes of a program")
write("functions.dm", [[
p(1). p(4).
q(X, sqrt(X)) if p(X).
r(concat("a", upper("b"))) if p(1).
]])
fine("eval functions.dm --count", "q\t2\nr\t1\n", "functions that are built in")
fine("explain functions.dm 'q(4, Y)'", "q%(4, 2%.0%)", "their values")

-- ------------------------------------------------------------------ explain

fine("explain --ast reach.dm", "chunk", "explain --ast")
fine("explain --rules reach.dm", "reach%(X, Z%) if", "explain --rules")
fine("explain --strata reach.dm", "recursive", "explain --strata")
fine("explain --plan reach.dm", "edge", "explain --plan")
write("triangles.dm", [[
edge(1, 2). edge(1, 3). edge(1, 4). edge(2, 3). edge(2, 4). edge(3, 4).
triangles(count()) if edge(X, Y) and edge(Y, Z) and edge(X, Z).
]])
fine("explain --plan triangles.dm",
  "  2%. edge by %(%d%)[^\n]* and edge by %(%d%)[^\n]*all at once%)\n$",
  "atoms that bind a variable at once are one step")
fine("explain --proof reach.dm 'reach(1, 3)'",
  "reach%(1, 3%)  %[line 4%]\n.*edge%(1, 2%)  %(given%)", "explain --proof")
fine("explain E107", "^E107: ", "explain a code")
refused("explain E999", 1, "no code E999", "explain an unknown code")
refused("explain --ast --rules reach.dm", 2, "one stage", "two stages")

-- ---------------------------------------------------------------------- run

write("script.lua", "print(#arg, arg[1], ...) return 3\n")
local out, _, status = run "run script.lua --at x"
tap.is(out, "2\t--at\t--at\tx\n", "run passes arguments on")
tap.is(status, 3, "and gives the script's status")
write("failing.lua", "local x = nil\nprint(x.y)\n")
refused("run failing.lua", 1, "failing.lua:2: .*traceback",
  "an error in a script")
write("worded.lua", "error('no such thing', 0)\n")
refused("run worded.lua", 1, "^dragoman: no such thing\n$",
  "an error worded for people")
refused("run tlaks", 1, "did you mean `talks`", "a misspelt script")
refused("run broken.lua", 1, "no script", "a missing script")

-- ----------------------------------------------------------- knowledge bases

write("base.dm", [[
relation actor(name: symbol).
relation hopes_for(who: actor, what: symbol).
relation friend(a: actor, b: actor).
relation aim(name: symbol).
aim peace "Peace".
aim war "War".
actor ann "Ann".
actor bob "Bob".
source abc { title = "News", publisher = "ABC", published = 2021-04-13 }.
in abc {
  c1 para 1: ann states hopes_for(ann, peace).
  c2 para 2: bob denies hopes_for(ann, peace).
  c3 para 3: bob states hopes_for(bob, war).
}
friend(ann, bob) in abc.
allied(X, Y) if friend(X, Y) and hopes_for(X, W) and hopes_for(Y, W).
at_odds(X, Y) if friend(X, Y) and hopes_for(X, V) and hopes_for(Y, W) and V != W.
]])
fine("query base.dm 'friend(X, Y)'", "^X%s+Y\n%-+  %-+\nann%s+bob\n$",
  "answers as a table")
fine("query base.dm 'friend(ann, bob)'", "^yes\n$", "a goal without variables")
fine("query base.dm 'friend(bob, ann)'", "^no\n$", "one that fails")
fine("query base.dm 'friend(X, Y)' --json",
  '"answers": %[\n    {\n      "truth": "true",\n      "values": {\n'
  .. '        "X": "ann"', "answers as JSON")
local _, note = run "query base.dm '-hopes_for(X, Y)'"
tap.like(note, "no answer", "a goal that begins with a sign")
local none
none, note = run "query base.dm 'allied(X, Y)'"
tap.ok(none == "" and note:find "no answer", "no answers")
fine("why base.dm 'at_odds(ann, bob)'", "c3", "why, down to a claim")
fine("why base.dm 'at_odds(ann, bob)' --json", '"tree"', "why as JSON")
fine("query base.dm 'hopes_for(X, Y)' --at 2021-04-12 --known-by 2021-04-12",
  "^$", "nothing is known before it was published")
refused("query base.dm 'freind(X, Y)'", 1, "did you mean `friend`",
  "a misspelt relation in a goal")
refused("query base.dm 'friend(X'", 1, "goal:1:%d+: error", "a malformed goal")
fine("dump base.dm", "friend%(ann, bob%)", "dump")

write("endless.dm", "n(0).\nn(X + 1) if n(X).\n")
refused("query endless.dm 'n(X)' --seconds 0.1", 1, "endless.dm:2.*budget",
  "rules without end are stopped, and named")
refused("query endless.dm 'n(X)' --facts 100", 1, "budget", "so by a number")

local checked, summary = run "check base.dm"
tap.like(checked .. summary, "error", "check ends with a summary")
write("misspelt.dm", read "base.dm" .. "friend(ann, bbo).\n")
out, _, status = run "check misspelt.dm"
tap.is(status, 1, "check finds a misspelt actor: status")
tap.like(out, "did you mean `bob`", "check finds a misspelt actor")

-- ------------------------------------------------------------------- stores

write("people.csv", "name,age\nann,30\nbob,41\n")
local _, err
_, err, status = run "load new.store base.dm"
made["new.store"], made["new.store-lock"] = true, true
tap.is(status, 0, "load knowledge text: status")
tap.like(err, "base%.dm: %d+ statements", "load knowledge text")
fine("query new.store 'friend(X, Y)'", "ann%s+bob", "query a store")
write("age.dm", "relation age(name: symbol, years: int).\n")
_, _, status = run "load new.store age.dm"
tap.is(status, 0, "load a declaration")
_, err, status = run "load new.store people.csv --relation age --header"
tap.is(status, 0, "load a table: status")
tap.like(err, "people%.csv: 2 rows", "load a table")
fine("query new.store 'age(X, Y) and Y > 40'", "bob%s+41", "its rows are facts")
fine("log new.store", "1%s+%d%d%d%d%-", "log")
fine("log new.store --json", '"author"', "log as JSON")
_, err, status = run "verify new.store"
tap.ok(status == 0 and err:find "sound", "verify a sound store")
fine("dump new.store", "friend%(ann, bob%)", "dump a store")

-- The log and the check for damage are those of the store, even where the
-- folder's files are newer than it.
os.execute("mkdir '" .. path "topic" .. "'")
write("topic/a.dm", "relation p(x: int).\np(1).\n")
refused("log topic", 1, "has no store yet", "the log of a folder without one")
refused("verify topic", 1, "has no store yet", "nor is there one to verify")
refused("verify topic/a.dm", 1, "is a text", "a text is no store")
run("topic", "p(2).\n")
write("topic/a.dm", "relation p(x: int).\np(3).\n")
fine("log topic", "2 .*entered", "the log of a folder with newer files")
fine("query topic 'p(X)'", "2\n *3", "whose answers are those of the files")
for _, name in ipairs { "a.dm", ".store.dmdb", ".store.dmdb-lock" } do
  os.remove(path("topic/" .. name))
  made["topic/" .. name] = nil
end
os.remove(path "topic")
write("wide.dm", "relation w(x: symbol).\nw(\"" .. ("x"):rep(1000000)
  .. "\").\n")
local start = os.time()
fine("query wide.dm 'w(X)'", "^X\n%-+\nx+\n", "a very wide value")
tap.ok(os.time() - start < 20, "is broken into lines in linear time")
write("endless.dm", "n(1).\nn(X + 1) if n(X).\n")
refused("eval endless.dm --facts 100 --count", 1,
  "W315.*E402.*n%(X %+ 1%) if n%(X%)", "an evaluation without end")
write("foreign", "this is no store")
refused("query foreign 'p(X)'", 1, "foreign", "a foreign file")

-- ------------------------------------------------------------------- prompt

local function prompt(base, text) return run(base, text) end

out, err, status = prompt("base.dm", [[
1 +
2
x = 4
x * 2, "two"
for i = 1, 2 do
  io.write(i, " ")
end
? friend(X, Y)
?? at_odds(ann, bob)
nonsense(
)
error "mine"
local t = nil; print(t.x)
.help
.nothing
.at 2021-04-12
? hopes_for(X, Y)
.at none
.claims
print "still here"
]])
tap.is(status, 0, "the prompt ends with its input")
tap.like(out, "^3\n8\ttwo\n1 2 ", "expressions and chunks over lines")
tap.like(out, "\nann%s+bob\n", "? asks")
tap.like(out, "c3", "?? asks why")
tap.like(err, "mine", "an error is reported")
tap.like(err, "no command %.nothing", "so is an unknown command")
tap.like(out, "%.known_by DATE", ".help")
tap.like(out, "ann states hopes_for%(ann, peace%)", ".claims")
tap.like(out, "still here\n$", "no error ends the session")

out, err, status = prompt("", [[
relation likes(a: symbol, b: symbol).
likes(ann, tea).
likes(X, Y) if likes(Y, X).
? likes(tea,
        X)
- likes(ann, tea).
? likes(tea, X)
likes(ann tea).
.quit
print "not reached"
]])
tap.is(status, 0, "a prompt without a knowledge base")
tap.like(out, "ann", "statements and rules take effect")
tap.like(out .. err, "no answer", "and are taken back")
tap.like(err, "prompt:1:%d+: error", "a mistake is shown with its place")
tap.ok(not out:find "not reached", ".quit leaves")

-- -------------------------------------------------------- closed output

write("many.lua", "for i = 1, 100000 do print(i) end\n")
local pipe = io.popen(string.format(
  "cd '%s' && '%s' run many.lua 2>errors | head -1", folder, program))
tap.is(pipe:read "a", "1\n", "output that is closed early")
pipe:close()
tap.is(read "errors", "", "is no error")
local _, _, full = os.execute(string.format(
  "cd '%s' && '%s' run many.lua >/dev/full 2>errors", folder, program))
tap.is(full, 1, "a full disk is an error")
tap.like(read "errors", "standard output", "and said so")

made.output, made.errors = true, true
for name in pairs(made) do os.remove(path(name)) end
os.remove(path "out")
tap.ok(os.remove(folder), "nothing else was written")
tap.done()
