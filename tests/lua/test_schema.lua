-- Names, types and statements: what schema, terms, statements and dump make of
-- text, without the core.

local diag = require "dragoman.diag"
local dump = require "dragoman.dump"
local grammar = require "dragoman.grammar"
local schemas = require "dragoman.schema"
local statements = require "dragoman.statements"
local tap = require "tap"
local values = require "dragoman.values"

local VOCABULARY = [[
relation actor(name: symbol).
relation issue(name: symbol).
relation forces(name: symbol).
relation talks(name: symbol).
relation civil_war().
term bargain_with(means: forces).
term weight(of: symbol, value: float).
state position(actor: actor, issue: issue, stance: float, salience: float)
  key (actor, issue).
event withdrawn(forces: forces).
state deal(talks: talks).
state refuses(actor: actor, content: term).
state accepts(actor: actor, content: term).
state plans(actor: actor, content: term).
state infers(actor: actor, content: term).
state aims(actor: actor, aim: symbol).
relation condition(actor: actor, of: term).
actor taliban "The Taliban". actor us "The US". actor ghani "Ghani".
actor dia "DIA". actor ig "IG".
issue power "Power sharing". forces us_forces "US forces".
forces all_forces "All forces". talks istanbul "Istanbul".
source abc { title = "T", publisher = "P", published = 2021-04-13, grade = B2,
  paragraphs = 24, silent = "2, 9" }.
]]

-- Read text as one file: statements, diagnostics, schema.
local function read(text)
  local chunk, list = grammar.parse(text, "test.dm")
  local schema = schemas.new()
  schema:add_chunk(chunk, { scope = "test" })
  for _, d in ipairs(schema:finish()) do list[#list + 1] = d end
  local env = statements.prepare(chunk, { schema = schema, scope = "test" })
  local made, found = statements.make(env)
  for _, d in ipairs(found) do list[#list + 1] = d end
  return made, list, schema
end

-- The last statement of VOCABULARY and a text.
local function last(text)
  local made, list = read(VOCABULARY .. text)
  if #list > 0 then tap.diag(diag.format_all(list)) end
  return made[#made]
end

-- The codes that a text is refused with.
local function refused(text, wanted, name)
  local _, list = read(VOCABULARY .. text)
  local found = {}
  for i, d in ipairs(list) do found[i] = d.code end
  tap.is(table.concat(found, " "), wanted, name)
end

-- ------------------------------------------------------------------- facts

local st = last("position(taliban, power, 10, 0.9) judged by me because c1.\n"
  .. "in abc { c1 para 3: us refuses istanbul. }")
tap.is(st.kind, "claim", "a reference forward to a claim")
st = last("in abc { c1: us refuses istanbul. }\n"
  .. "position(taliban, power, 10, 0.9) judged by me because c1.")
tap.is(st.kind, "judgement", "judged by makes a judgement")
tap.is(math.type(st.args[3]), "float", "an int in a float column is a float")
tap.is(st.because[1], "abc.c1", "a bare claim id finds its source")
tap.is(st.judge, "me", "the judge")

st = last "withdrawn(us_forces) on 2021-08-30 in abc."
tap.is(tostring(st.on), "2021-08-30", "the day of an event")
tap.is(st.source, "abc", "the source of a fact")
st = last "deal(istanbul) during 2021-04 in abc."
tap.is(tostring(st.from), "2021-04-01", "during a month: from its first day")
tap.is(tostring(st.to), "2021-04-30", "during a month: to its last day")
st = last "-withdrawn(us_forces) in abc."
tap.is(st.relation, "-withdrawn", "an explicit negative")
st = last "0.3 :: deal(istanbul) in abc."
tap.is(st.probability, "0.3", "a probability is kept as written")

-- ------------------------------------------------------------------- claims

st = last [[in abc {
  c3 para 3: ig for us via twitter from dia refuses bargain_with(us_forces)
    until withdrawn(all_forces) hedge likely grade A1. }]]
tap.is(st.id, "abc.c3", "a full claim id")
tap.is(st.body, "us", "the body is whom it is for")
tap.is(st.origin_of, "dia", "the origin is the end of the chain")
tap.is(values.show(st.atom), "refuses(us, bargain_with(us_forces))",
  "an act asserts itself, of the body")
tap.is(st.sign, 1, "positively")
tap.is(values.show(st["until"][1]), "withdrawn(all_forces)", "a condition")
tap.is(st.reliability .. st.credibility, "A1", "its own grade")

local function asserts(text, atom, sign)
  local found = last("in abc { c: " .. text .. " }")
  tap.is(values.show(found.atom) .. " " .. found.sign, atom .. " " .. sign,
    text)
end

asserts("us states deal(istanbul).", "deal(istanbul)", 1)
asserts("us denies deal(istanbul).", "deal(istanbul)", -1)
asserts("us states -deal(istanbul).", "deal(istanbul)", -1)
asserts("us denies -deal(istanbul).", "deal(istanbul)", 1)
asserts("us states not deal(istanbul).", "deal(istanbul)", -1)
asserts("us states civil_war.", "civil_war", 1)
asserts("reporter states plans(us, deal(istanbul)).",
  "plans(us, deal(istanbul))", 1)
asserts("us plans deal(istanbul).", "plans(us, deal(istanbul))", 1)
asserts("us plans deal(istanbul) hedge may.", "plans(us, deal(istanbul))", 1)
asserts("reporter states position(us, power, 5, 1).",
  "position(us, power, 5.0, 1.0)", 1)
asserts("reporter refuses istanbul.", 'refuses("abc.reporter", istanbul)', 1)

st = last 'in abc { anonymous "senior official" for us refuses istanbul. }'
tap.is(st.id, "abc.u1", "a claim without id gets one")
tap.is(st.speaker, "abc.anonymous", "an unnamed speaker is one per source")
tap.is(st.speaker_name, "senior official", "how it was called")
tap.is(st.origin_of, "us", "the body is the origin of an unnamed word")

-- ------------------------------------------------- sources, questions, rest

local made = read(VOCABULARY)
for _, s in ipairs(made) do if s.kind == "source" then st = s end end
tap.is(st.reliability, "B", "the grade of a source")
tap.is(table.concat(st.field, "; "), 'paragraphs = 24; silent = "2, 9"',
  "other fields of a source are kept")
st = last 'question q "Will it?" process istanbul by 2021-04-24 options a, b.'
tap.is(st.title, "Will it?", "the text of a question")
tap.is(#st.option, 2, "its options")
st = last "-- What it says.\n-- And more.\nactor(X) if plans(X, _)."
tap.is(st.doc, "What it says.\nAnd more.", "the comment above is the doc")
tap.is(st.text, "actor(X) if plans(X, _).", "a rule is kept as text")

-- ------------------------------------------------------------------ refused

refused("position(talban, power, 1, 1) in abc.", "E205", "a misspelt actor")
refused("position(us, power, 1) in abc.", "E203", "too few arguments")
refused('position(us, power, "x", 1) in abc.', "E204", "a wrong type")
refused("deal(istanbul) in abd.", "E209", "an unknown source")
refused("deal(istanbul) because c9 in abc.", "E210", "an unknown claim")
refused("deal(2 + 2) in abc.", "E214", "arithmetic in a fact")
refused("condition(us, del(istanbul)) in abc.", "E215",
  "a typo never builds a term")
refused("condition(us, istanbull) in abc.", "E206",
  "nor does a bare name that nobody declared")
refused('condition(us, "istanbull") in abc.', "", "quotes are free text")
refused("in abc { c: us states deal(istanbul) and civil_war. }", "E212",
  "one claim, one atom")
refused("in abc { c: us states weight(x, 1). }", "E202",
  "a constructor can't be asserted")
refused("in abc { c: us refuses istanbul. c: us accepts istanbul. }", "E211",
  "an id used twice")
refused("in abc { c: omer refuses istanbul. }", "E205", "an unknown speaker")
refused("us refuses istanbul.", "E213", "a claim that nothing dates")
refused("relation p(x: actr).", "E208", "an unknown column type")
refused("relation p(x: int) key (y).", "E216", "a key of no column")
refused("relation position(x: int).", "E201", "declared twice, otherwise")
refused("term position(x).", "E201", "a relation is no constructor")
refused("relation today(a: int, b: int).", "E217", "the engine's relation")
refused('plane b52 "B-52".', "E220", "an unknown kind of entity")
refused("condition(us, deal(istanbul, us)) in abc.", "E203",
  "the arity of a term")
refused("deal{talk = istanbul} in abc.", "E207 E203", "an unknown column")

local _, list = read(VOCABULARY .. "position(talban, power, 1, 1) in abc.")
tap.is(list[1].hint, "did you mean `taliban`?", "with a suggestion")

-- ------------------------------------------------------------------ privacy

local _, _, schema = read "private relation tmp(x: int).\ntmp(1). p(X) if tmp(X)."
tap.is(schema:find("tmp", "test").name, "test.tmp", "private to its file")
tap.ok(not schema:find("tmp", "other"), "unknown elsewhere")

-- --------------------------------------------------------------- dump, load

local MORE = [[
in abc {
  c1 para 1: us states deal(istanbul) after c2.
  c2 para 2: reporter infers civil_war if deal(istanbul) or not
    withdrawn(us_forces) hedge could by 2021-09-11.
  para 3: anonymous "an official" for us from ig from dia plans civil_war
    only if deal(istanbul) and withdrawn(us_forces) said d"2021-04~".
  actor omer "Omer \"the\" speaker" alias "O", "W. Omer".
}
issue elections "Elections" scale 0 "none" .. 100 "full".
position(us, power, 10, 0.5) judged by me because c1, abc.c2 made 2021-04-14.
position(ghani, power, -1.5, 1) on 2021-04 in abc.
0.2..0.4 :: deal(istanbul) basis "9 cases" in abc.
withdrawn(us_forces) during 2021-05-01..2021-09-11 in abc.
question q "Will it?" process istanbul by 2021-04-24 resolves "r"
  options a, b in abc.
-- A rule.
r1: actor(X) if plans(X, _) and not refuses(X, _).
never accepts(A, P) and refuses(A, P).
]]

local first, mistakes = read(VOCABULARY .. MORE)
tap.is(#mistakes, 0, "the sample has no mistake")
if #mistakes > 0 then tap.diag(diag.format_all(mistakes)) end
local written = dump.text(first)
local second, again = read(written)
tap.is(#again, 0, "what was dumped has none either")
if #again > 0 then tap.diag(diag.format_all(again)) end
tap.is(#second, #first, "as many statements")
tap.is(dump.text(second), written, "dump, load, dump: the same text")

local PLACE = { line = true, column = true, origin = true }

local function key(s) return s.kind .. dump.statement(s) end

local by_text = {}
for _, s in ipairs(second) do by_text[key(s)] = s end
local same = true
for _, s in ipairs(first) do
  local twin = by_text[key(s)]
  for field, value in pairs(s) do
    local other = twin and twin[field]
    local equal = type(value) == "table" and not getmetatable(value)
      and other and #value == #other or value == other
    if not equal and not PLACE[field] then
      same = false
      tap.diag(field .. " of " .. dump.statement(s))
    end
  end
end
tap.ok(same, "field by field the same statements")

tap.done()
