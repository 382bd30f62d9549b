-- The grammar: one test for each kind of token, the tree of each statement,
-- recovery, limits, and that printing and parsing are inverse.

local tap = require "tap"
local diag = require "dragoman.diag"
local grammar = require "dragoman.grammar"
local syntax = require "dragoman.syntax"

local is, is_deeply, ok = tap.is, tap.is_deeply, tap.ok

local function codes_of(list)
  local codes = {}
  for i, d in ipairs(list) do codes[i] = d.code end
  return table.concat(codes, " ")
end

-- The one statement of a text.
local function one(text)
  local chunk, list = grammar.parse(text, "t")
  if #list > 0 then tap.diag(diag.format_all(list)) end
  return chunk[1] or {}
end

local function codes(text)
  local _, list = grammar.parse(text, "t")
  return codes_of(list)
end

-- The text of a statement, printed back.
local function back(text) return syntax.print(one(text)) end

local function same(text, name)
  is(back(text), text, name or text)
end

-- The first argument of a fact.
local function value(text) return one("p(" .. text .. ").").atom.args[1] end

-- ------------------------------------------------------------------- tokens

is(value "2".value, 2, "an integer")
is(value "-2".value, -2, "a negative integer")
is(value "9223372036854775807".value, math.maxinteger, "the largest integer")
is(value "-9223372036854775808".value, math.mininteger, "the smallest")
is(codes "p(9223372036854775808).", "E109", "one more is too large")
is(codes "p(-9223372036854775809).", "E109", "one less too")
is(value "2.5".value, 2.5, "a float")
is(value "1e3".value, 1000.0, "an exponent makes a float")
is(value "1.5e-3".value, 0.0015, "a float with exponent")
is(codes "p(1e999).", "E110", "a float too large")
is(value "-0.0".tag, "float", "minus zero is a float")
is(codes "p(.5).", "E108", "a decimal point has digits before it")
is(codes "p(5.).", "E103", "and behind it")
is(codes "p(12ab).", "E108", "letters do not go on a number")
is(codes "p(1.2.3).", "E108", "nor does a second point")

is(value "taliban".value, "taliban", "a symbol")
is(value "a1_B".value, "a1_B", "letters, digits and _ in a name")
is(value '"The Taliban"'.value, "The Taliban", "a string")
is(value '"a\\"b\\\\\\n\\t\\u{e9}"'.value, 'a"b\\\n\té', "escapes")
is(value '"one \\\n     line"'.value, "one line", "a string goes on with \\")
is(value '"one \\\r\n line"'.value, "one line", "with CRLF too")
is(codes 'p("a\nb").', "E105", "a string ends on its line")
is(codes 'p("\\q").', "E106", "an unknown escape")
is(codes 'p("\\u{110000}").', "E106", "no such character")
is(codes 'p("\\u{D800}").', "E106", "a surrogate is no character")
is(codes "p('a').", "E111", "single quotes are no strings")
is(value '"-- no comment. }"'.value, "-- no comment. }", "all is text in it")

local date = value "2021-04-13"
is(date.tag .. date.text, "date2021-04-13", "a day")
is(date.earliest, 18730, "with its number")
is(value "2021-04".latest, 18747, "a month, with its last day")
is(codes "p(2021-02-30).", "E107", "a day that does not exist")
is(codes "p(2021-13).", "E107", "a month that does not exist")
is(codes "p(2021-4-1).", "E107", "a date without its zeros")
is(codes "p(2021-04-13-5).", "E107", "a date that goes on")
is(value 'd"2021-04-13~"'.edtf, "2021-04-13~", "an EDTF date")
is(codes 'p(d"nonsense").', "E107", "EDTF that is none")
is(value 'd'.value, "d", "d alone is a name")
is(one 'd d "label".'.tag, "entity", "and may stand before a string")

local function body(text) return one("h(X) if " .. text .. ".").body end

is(body "X = 2021 - 04".right.tag, "arith", "a subtraction has spaces")
is(body "X = A-1".right.op, "-", "or a variable on one side")
is(body "X = 3 -4".right.op, "-", "a space before will do")
is(body "X = -4".right.value, -4, "a sign of a number")
is(body "X = 3 - -4".right[2].value, -4, "minus minus")
is(codes "h(X) if X = 12-3.", "E108", "numerals need spaces")
is(body "X = - Y".right.op, "neg", "the sign of a variable")
is(body "X = 7 div 2".right.op, "div", "div")
is(body "X = 7 mod 2 * 3".right.op, "*", "operators of a rank from the left")
is(body "X = 1 + 2 * 3".right[2].op, "*", "and by rank")
is(body "X=Y".tag, "compare", "no spaces")
is(body "X<=Y".op, "<=", "longest match: <=")
is(body "X!=Y".op, "!=", "!=")
is(body "X<Y".op, "<", "<")

-- Longest match.
is(one "0.2..0.45 :: a(b).".prob.lo, 0.2, "0.2..0.45 is a range")
is(one "0.2..0.45 :: a(b).".prob.hi, 0.45, "to 0.45")
is(one "70% :: a(b).".prob.lo, 0.7, "% abuts its numeral")
is(codes "70 % :: a(b).", "E111", "or is a stray character")
is(one "20%..45% :: a(b).".prob.hi, 0.45, "a range of percentages")
is(value "1..5".tag, "interval", "a range of numbers")
is(one "a(X):-b(X).".body.name, "b", ":- without spaces")
is(one "a(X) :--b(X).".body.negative, true, ":- before --")
is(codes "a(X)::-b(X).", "E101", ":: before :-")
is(one "p(a). -- note\n".tag, "fact", "a comment")
is(#grammar.parse("-- all\n--\n", "t"), 0, "comments only")
is(one "p(a).-- note".tag, "fact", "a full stop before a comment")
is(#grammar.parse("in s { p(a).}", "t")[1].statements, 1, "or a brace")
is(#grammar.parse("p(a). p(b).", "t"), 2, "or a space")
is(codes "p(a).p(b).", "E101", "but not before a name")

-- Labels, keywords and names.
is(one "r1: p(X) if q(X).".label, "r1", "a label")
is(codes "r1:p(X) if q(X).", "E101", "its colon is followed by a space")
is(one "relation p(x:int).".columns[1].type, "int", "a column's need not be")
is(one "relation(a, b).".tag, "fact", "a keyword before ( is a name")
is(one "in(a, b).".atom.name, "in", "in, too")
is(one "never(a).".atom.name, "never", "never, too")
is(one "never (a).".tag, "fact", "also after a space")
is(one "state state(on: int).".name, "state", "names may be keywords")
is(one "x refuses until(y) until until(z).".content.name, "until",
  "until( is a name where a name is looked for")
is(one "x refuses y until (a and b).".conditions[1].formula.tag, "and",
  "and a keyword where only one can be")
is(one "p(on, by, for).".atom.args[3].value, "for", "words as arguments")
is(one "count(a).".atom.name, "count", "count as a relation")
is(codes "actor or \"x\".", "E123", "a reserved word is no name")
is(codes "p(or).", "E123", "nor an argument")
is(codes "relation not(x).", "E123", "nor a relation")
is(codes "p(a) if notable.", "", "notable is not not")
is(one "x states y grade B.".grade.reliability, "B", "grade B")
is(one "x states y grade B2.".grade.credibility, 2, "grade B2")
is(codes "x states y grade B7.", "E137", "no such grade")
is(codes "x states y grade b.", "E137", "grades are capitals")
is(body "q(_, X)".args[1].tag, "anon", "_ is anonymous")
is(body "q(_a, X)".args[1].name, "_a", "_a is a variable")
is(codes "p($who).", "E130", "$who is for goals")

-- ---------------------------------------------------------------- the tree

local rel = one 'asserted private state s(a: actor, b) key (a) "Doc.".'
ok(rel.asserted and rel.private and rel.kind == "state" and rel.doc == "Doc."
  and rel.key[1] == "a" and rel.columns[2].type == nil, "a declaration")
is(one "relation p.".columns[1], nil, "a relation without columns")
is(one "term f(x).".tag, "constructor", "a constructor")

local entity = one 'issue i "I" alias "A", "B" alias "C" scale -1.5 .. 2 "hi" in s.'

is_deeply(entity.aliases, { "A", "B", "C" }, "aliases add up")
is_deeply(entity.scale, { lo = -1.5, hi = 2, hi_label = "hi" }, "a scale")
is(entity.source, "s", "its source")
is(one 'actor "EU-27" "The EU".'.name, "EU-27", "a name in quotes")

local import = one [[import e(x: int, y) from "e.csv" { header = true,
  skip = 2, columns = (a, b), csv, null = "-" }.]]
is_deeply(import.options, { header = true, skip = 2, columns = { "a", "b" },
  csv = true, null = "-" }, "options")
is(one 'import e from "e.facts".'.columns, nil, "columns declared elsewhere")
is(one 'export path to "p.tsv".'.file, "p.tsv", "an export")

local source = one 'source s { title = "T", published = 2021-04, grade = C3, n = 4, }.'
is(source.fields.grade.credibility, 3, "a source's grade")
is(source.fields.published.plain, true, "its date")
is(source.fields.n.value, 4, "its other fields")

local claim = one [[c3 para 3: spokesman for taliban via twitter from a from b
  refuses talks until withdrawn(f) only if x if y and not z on 2021-04-13
  by 2021-05 during 2021-06..2021-07 said 2021-04-12 hedge likely grade B2
  after c1, abc.c2 in s.]]
is(claim.id .. claim.para .. claim.act, "c33refuses", "a claim's head")
is(claim.speaker.name, "spokesman", "its speaker")
is(claim.body .. claim.channel, "talibantwitter", "its body, its channel")
is_deeply(claim.from, { "a", "b" }, "the chain it is from")
is(claim.content.value, "talks", "its content")
local modes = {}
for i, condition in ipairs(claim.conditions) do modes[i] = condition.mode end
is(table.concat(modes, " "), "until only_if if", "its conditions in order")
is(claim.conditions[3].formula[2][1].name, "z", "a condition is a formula")
is(claim.during.to.text .. claim.said.text, "2021-072021-04-12", "its dates")
is(claim.after[2], "abc.c2", "the claims it follows")
is(claim.source .. claim.hedge, "slikely", "source and hedge")
is(one "anonymous states x.".speaker.tag, "anonymous", "nobody named")
is(one 'anonymous "an aide" states x.'.speaker.label, "an aide", "described")
is(one "reporter states x.".speaker.tag, "reporter", "the reporter")
is(one "para 7: x states y.".para, 7, "a paragraph without an id")
is(one "c1: x states y.".id, "c1", "an id without a paragraph")
is(one "x states not deal(i).".content[1].tag, "atom", "not in a content")
is(one "x states -joins(a, b).".content.negative, true, "an explicit negative")
is(one 'mohib states "war".'.tag, "claim", "an act before a string")
is(codes "x states y on 2021-01-01 on 2021-01-02.", "E122", "on, twice")
is(codes "x states p(Y).", "E120", "a variable in a claim")
is(codes "x states y if p(Y).", "E120", "or in its condition")

local fact = one "position(taliban, power_sharing, 10, 0.9) judged by analyst_1 because c3, c13."
is_deeply(fact.because, { "c3", "c13" }, "a judgement's grounds")
is(fact.judged_by, "analyst_1", "its author")
is(one "p(a) because c1 made 2021-04-13 judged by me on 2021-01-01.".made.text,
  "2021-04-13", "notes in any order")
is(one "civil_war in background_1.".atom.name, "civil_war", "no arguments")
is(one "-joins(a, b).".atom.negative, true, "an explicit negative fact")
is(one "position{actor = a, stance = 3}.".atom.named[2].value.value, 3,
  "named columns in a fact")
is(codes "p(a) by 2021-01-01.", "E101", "a fact has no `by`")
is(codes "p(X).", "E119", "a variable in a fact")
is(codes "p(_).", "E119", "an anonymous one too")

local rule = one "0.6 :: a; 0.3 :: b if body."
is(rule.prob.lo, 0.6, "the first alternative")
is(rule.alternatives[1].prob.lo, 0.3, "the second")
is(rule.alternatives[1].head.name .. rule.body.name, "bbody", "heads, body")
is(one "0.6 :: a; 0.4 :: b.".body, nil, "alternatives without a body")
is(one "likely :: a(X) if b(X) judged by me.".judged_by, "me",
  "a rule's probability has an author")
is(one "r1: usually joins(A, P) if party(A, P).".mode, "usually", "usually")
is(one "blocks joins(A, P) if c(A, P).".mode, "blocks", "blocks")
is(one "usually flies(tweety).".body, nil, "usually, without a body")
is(codes "r1: p(a).", "E129", "a labelled fact")
is(one "r2 beats r1.".winner, "r2", "beats")
is(one "A beats B if newer(A, B).".winner.name, "A", "beats by rule")
is(body "a(X), b(X); c(X)".tag, "or", "the Datalog spellings")
is(body "a(X) and (b(X) or c(X))"[2].tag, "or", "brackets")
is(body "not a(X) and b(X)"[1].tag, "not", "not binds more than and")
is(body "not X < 3"[1].tag, "compare", "and less than a comparison")
is(body "s(X) during I".interval.name, "I", "during")
is(body "s(X) during 2021-01..2021-02".interval.tag, "interval",
  "during an interval")
is(body "before(I, X)".name, "before", "Allen's relations are relations")
is(body "c(X, not deal(X) and ready(X))".args[2].tag, "and",
  "a formula as an argument")
is(codes "h(X) if c(X < 3).", "E127", "but no comparison")
is(codes "h(X) if 5.", "E126", "a value is no condition")
is(codes "h(X) if X.", "E126", "nor is a variable")
is(codes "h(X) if Y = (a and b).", "E127", "a condition is no value")

local head = one "p(B, count(), sum(W), min(D + 1), f(X)) if q(B)."
is(head.head.args[2].op .. tostring(head.head.args[2].value), "countnil",
  "count()")
is(head.head.args[4].value.tag, "arith", "an expression aggregated")
is(head.head.args[5].tag, "call", "a name that may be registered")
local agg = body "N = count{ guarantor(G, P) }".right
is(agg.op .. agg.body.name .. tostring(agg.value), "countguarantornil",
  "an aggregate in a body")
agg = body "W = sum{ S : pressure(_, B, I, S), S > 2 }".right
is(agg.value.name .. agg.body.tag, "Sand", "with its value")
is(body "W = median{ S : p(S) }".right.op, "median", "a registered one")
is(body "q{x = X}".named[1].name, "x", "named columns are none")
is(#body "q{}".named, 0, "no columns named")
is(codes "h(X) if X = count{}.", "E121", "nothing to count")
is(codes "p(sum()) if q.", "E121", "sum of nothing")
is(codes "p(max(A, B)) if q(A, B).", "E121", "max of two")
is(codes "p(1 + max(A)) if q(A).", "E121", "an aggregate in an expression")
is(codes "p(count{ a(X) }) if q.", "E121", "braces in a head")

local question = one [[question opens "Will it?" options a, b in abc
  by 2021-04-24 process istanbul resolves "x".]]
is_deeply(question.options, { "a", "b" }, "a question's options")
is(question.by.text .. question.source, "2021-04-24abc", "notes in any order")

local chunk = grammar.parse([[in abc { c1: x states y. p(a). actor z "Z".
  question q "Q". }]], "t")
local tags = {}
for i, s in ipairs(chunk[1].statements) do tags[i] = s.tag .. s.source end
is(table.concat(tags, " "), "claimabc factabc entityabc questionabc",
  "what a block may hold")
is(codes "in abc { p(X) if q(X). }", "E125", "a rule in a block")
is(codes "in abc { in def { } }", "E125", "a block in a block")
is(codes "in abc { p(a) in def. }", "E122", "two sources")
is(codes "in abc { }.", "", "a full stop after a block does no harm")

-- Positions.
local text = "p(a).\n  é(b).\nq(c, 2)  .\n"
chunk = grammar.parse("p(a).\nq(c, 2)  .\n", "t")
local atom = chunk[2].atom
is(syntax.source_text(chunk, atom), "q(c, 2)", "a node knows its text")
is(syntax.source_text(chunk, chunk[2]), "q(c, 2)  .", "the full stop included")
local line, column = syntax.locate(chunk, atom.args[2].pos)
is(line .. ":" .. column, "2:6", "line and column")
is(codes(text), "E111", "letters beyond ASCII go in quotes")

-- ------------------------------------------------------------------- goals

local function goal(goal_text)
  local node, list = grammar.parse_formula(goal_text, "goal")
  return node and syntax.print(node) or codes_of(list)
end

is(goal "outcome(P, O)", "outcome(P, O)", "a goal")
is(goal "outcome(P, O).", "outcome(P, O)", "with a full stop")
is(goal "position($who, I, S, _), S > 3", "position($who, I, S, _) and S > 3",
  "a conjunction with a parameter")
is(goal "civil_war", "civil_war", "a bare name")
is(goal "-joins(A, P)", "-joins(A, P)", "an explicit negative")
is(goal "p(X) q(X)", "E101", "no goal")
is(goal "", "E101", "nothing")
is(goal "X", "E126", "a variable")
is(goal "p(X", "E103", "an open bracket")
is(codes "p($x) if q.", "E130", "parameters are forgotten after a goal")

-- ----------------------------------------------------------------- changes

local function change(change_text)
  local list, mistakes = grammar.parse_change(change_text, "change")
  if #mistakes > 0 then return codes_of(mistakes) end
  local parts = {}
  for i, c in ipairs(list) do
    parts[i] = c.sign .. (c.claim or syntax.print(c.statement))
  end
  return table.concat(parts, " ")
end

is(change "+ promised(us, stay). - claim c6.", "+promised(us, stay). -c6",
  "a change")
is(change "- p(a).", "-p(a).", "taking away")
is(change "-r(a).", "+-r(a).", "no space: the explicit negative")
is(change "- -r(a).", "--r(a).", "taking that away")
is(change "- claim abc.c6.", "-abc.c6", "an id with its source")
is(change "+ c9: x states y in abc. p(X) if q(X).",
  "+c9: x states y in abc. +p(X) if q(X).", "claims and rules")
is(change "+ claim c6.", "E135", "a claim is not added by its id")
is(change "- claim(a).", "-claim(a).", "a relation of that name")
is(change "", "", "no change")
is(change "+ p(a) - q(a).", "E101", "a missing full stop")

-- -------------------------------------------------------------- incomplete

local function lacks_end(incomplete_text)
  local _, list = grammar.parse(incomplete_text, "t")
  return grammar.incomplete(list)
end

ok(lacks_end "p(a", "an open bracket may be closed yet")
ok(lacks_end "p(a)", "a full stop may come")
ok(lacks_end "p(X) if", "a body may come")
ok(lacks_end "in abc {", "a block may be filled")
ok(lacks_end "in abc { p(a).", "and closed")
ok(lacks_end "in abc { c1: x states", "a claim in a block")
ok(not lacks_end "p(a).", "what is whole lacks nothing")
ok(not lacks_end "p(a)).", "a mistake does not heal")
ok(not lacks_end 'p("a', "an open string does not go on")

-- ---------------------------------------------------------------- recovery

is(codes "p(a, .\nq(b).\nr(c, .\n", "E103 E103", "mistakes in one go")
is(codes "p(a)\nq(b)\nr(c)", "E102 E102 E102", "three full stops missing")
is(codes "in abc {\n  p(a, .\n  q(b)\n}\nr(.\n", "E103 E102 E103",
  "in a block and behind it")
local recovered = grammar.parse("p(a, .\nq(b).\n", "t")
is(recovered[1] and recovered[1].atom.name, "q", "what is right is kept")
is(codes 'p("a).\nq(b, .', "E105 E103", "after an open string")
is(codes "p(a) }.\nq(b", "E104 E103", "after a stray brace")
is(codes "p(a)\n  untill q(b).\nr(.", "E101 E103", "a typo on a second line")
is(codes "p(\0).", "E113", "a NUL byte")
is(codes "p(\xFF).", "E112", "invalid UTF-8")
is(codes "-- \xC3\nq(\xE2\x82).", "E112 E112", "in comments too, each once")
is(codes "\u{FEFF}p(a).\r\nq(b).\r\n", "", "byte order mark and CRLF")
local many = select(2, grammar.parse(("p( .\n"):rep(2000), "t"))
is(#many, 501, "there is an end to it")
is(many[501].code, "E138", "which is told")

-- ------------------------------------------------------------------ limits

local function nested(open, inner, close, n)
  return codes("h(X) if " .. open:rep(n) .. inner .. close:rep(n) .. ".")
end

for _, case in ipairs { { "(", "q(X)", ")" }, { "q(", "X", ")" },
  { "X = count{ ", "q(X)", " }" }, { "q{ a = ", "X", " }" },
  { "a or (not (", "q(X)", "))" } } do
  local per = select(2, case[1]:gsub("[({]", ""))
  is(nested(case[1], case[2], case[3], 190 // per), "",
    "deep but allowed: " .. case[1])
  is(nested(case[1], case[2], case[3], 10000), "E114",
    "too deep: " .. case[1])
end
is(codes("h(X) if " .. ("("):rep(100000)), "E114", "too deep and not closed")
is(codes("h(X) if " .. ("not "):rep(10000) .. "q(X)."), "E114", "many nots")
is(codes("h(X) if X = " .. ("- "):rep(10000) .. "Y."), "E114", "many signs")
is(codes("h(X) if X = 1" .. (" + 1"):rep(5000) .. "."), "E115", "a long sum")
is(#body("q(X)" .. (" and q(X)"):rep(5000)), 5001, "a long conjunction")

local function seconds(timed_text)
  local before = os.clock()
  grammar.parse(timed_text, "t")
  return os.clock() - before
end

local rows = {}
for i = 1, 60000 do rows[i] = ("edge(n%d, n%d)."):format(i, i * 7) end
ok(seconds(table.concat(rows, "\n")) < 10, "a megabyte of facts in time")
local nasty = { ("("):rep(50000), ("p("):rep(20000), ('"'):rep(50000),
  ("q{a = "):rep(20000), ("x{y : "):rep(20000), (". "):rep(50000),
  ("a :: "):rep(20000), ("in a { "):rep(20000), ("not "):rep(50000),
  ("c1: "):rep(20000), ('p("\n'):rep(20000), ("- "):rep(50000),
  "h if " .. ("q{a = q(b, "):rep(100) .. "+" .. (")}"):rep(100) .. "." }
local slowest = 0
for _, bad in ipairs(nasty) do slowest = math.max(slowest, seconds(bad)) end
ok(slowest < 5, "no text takes long")

-- ----------------------------------------------------------------- printing

local file = assert(io.open("tests/golden/grammar/language.dm"))
local language = file:read "a"
file:close()
local tree, mistakes = grammar.parse(language, "language.dm")
is(diag.format_all(mistakes), "", "every example of the definition parses")
is(#tree, 26, "all its statements")
ok(grammar.recognise(language), "and matches the grammar in one piece")
local again = grammar.parse(syntax.print(tree), "printed")
ok(syntax.equal(tree, again), "parse(print(parse(x))) is parse(x)")
is(syntax.print(again), syntax.print(tree), "and prints the same")
ok(#syntax.dump(tree) > 1000, "the tree can be shown")

for _, line_text in ipairs {
  "p(a, -1, 2.5, \"B c\", 2021-04, d\"2021~\", 1..2, f(x)).",
  "h(X) if (a(X) or b(X)) and not (c(X) and d(X)).",
  "h(X) if a(X) or b(X) and c(X).",
  "h(X) if X = (1 + 2) * 3 - (4 - 5) and - (X + 1) < 2.",
  "h(X) if X = - - Y.",
  "h(X) if N = sum{ S : p(S) and S > 2 } and N > count{ q(_) }.",
  "h(X) if p{a = X, b = (not q(X) or r(X))}.",
  "h(X) if p(X) during I and q(X) during 2021-04..2021-05.",
  "h(X) if X = (a or not b).",
  "h(not (a and b) or c) if d.",
  "x states -civil_war if not (a or b) and c.",
  "0.6 :: a; 0.3 :: b if c basis \"d\".",
  "r: blocks 0.2..0.4 :: a(X) if b(X).",
  "A beats r1 if newer(A).",
  "import e from \"e\" { columns = (a, b), header = true }.",
  "p() if q.", "p.", "usually p(a).",
} do
  local first, wrong = grammar.parse(line_text, "t")
  if #wrong == 0 then
    local printed = syntax.print(first)
    local second = grammar.parse(printed, "t")
    ok(syntax.equal(first, second), "print and parse: " .. line_text)
  else
    is(codes_of(wrong), "E127", "refused: " .. line_text)
  end
end
same("p(a) if q(b) and not r(c).", "canonical text is kept")

-- The quick way for plain facts makes what the rule makes.
ok(syntax.equal(one "p(a, 1, \"b\", 2021-04).",
  one "p((a), (1), (\"b\"), (2021-04))."), "quick and slow way agree")

tap.done()
