-- The wording of mistakes that show after parsing: names, types, statements
-- (E2xx), what the checker of the core found (E3xx), what is stored for a
-- later version (E5xx), and the warnings of `dragoman check` (W6xx).
--
-- The core reports a code, a place and up to four strings; which rule of
-- soundness was broken is decided there, and only worded here.

local diag = require "dragoman.diag"

local M = {}

M.codes = {
  E201 = { title = "a name with two meanings",
    hint = "a name is a function, a constructor or a relation, and one of "
      .. "these only" },
  E202 = { title = "an unknown relation",
    hint = "declare it, or state facts or rules for it" },
  E203 = { title = "the wrong number of arguments" },
  E204 = { title = "a value of the wrong type" },
  E205 = { title = "an unknown entity",
    hint = "declare it, e.g. `actor NAME \"label\".`" },
  E206 = { title = "an unknown name in a term",
    hint = "terms are built from declared relations, constructors and "
      .. "entities; other text goes in quotes" },
  E207 = { title = "an unknown column" },
  E208 = { title = "an unknown column type",
    hint = "types are symbol, int, float, date, interval, term, or the name "
      .. "of a relation with one column" },
  E209 = { title = "an unknown source",
    hint = "declare it: source NAME { title = \"…\", published = 2021-04-13 }." },
  E210 = { title = "an unknown claim",
    hint = "a claim is named by its id, c3 or SOURCE.c3" },
  E211 = { title = "a claim id used twice",
    hint = "ids are unique within a source" },
  E212 = { title = "a claim that asserts more than one atom",
    hint = "write one claim for each" },
  E213 = { title = "a claim without a date",
    hint = "give it a source with `published`, or `said DATE`" },
  E214 = { title = "an expression in a fact",
    hint = "a fact holds values; what is computed belongs in a rule" },
  E215 = { title = "an unknown function or term" },
  E216 = { title = "a key with an unknown column",
    hint = "a key is a list of the relation's columns" },
  E217 = { title = "a relation that the engine fills",
    hint = "choose another name" },
  E218 = { title = "an ambiguous claim id",
    hint = "write it with its source: SOURCE.ID" },
  E219 = { title = "an import without column types",
    hint = "give each column a type: import edge(x: int, y: int) from …" },
  E220 = { title = "an unknown kind of entity",
    hint = "declare it: relation KIND(name: symbol)." },
  E221 = { title = "an unknown option" },
  E222 = { title = "a table that can't be read",
    hint = "files are looked for beside the file that imports them; columns "
      .. "are separated by tabs, in .csv by commas" },
  E223 = { title = "an aggregate out of place" },
  E224 = { title = "a scenario takes back what isn't there" },
  E225 = { title = "a source without the day it was published" },
  E226 = { title = "a fact that breaks a key",
    hint = "one key, one value at a time; say `on DATE` or `during` if both "
      .. "held, at different times" },
  E227 = { title = "too many columns",
    hint = "a relation has 64 at most; split it, or put parts into a term" },
  E401 = { title = "a number that can't be computed",
    hint = "integers have 64 bits; `X != 0 and …` guards a division" },
  E402 = { title = "a budget is used up",
    hint = "bound the recursion, or allow more" },
  E403 = { title = "a function that failed" },
  E501 = { title = "a probability is not evaluated yet" },
  E502 = { title = "a defeasible rule is not evaluated yet" },
  E503 = { title = "a priority among rules is not evaluated yet" },
  E504 = { title = "`during` in a rule is not evaluated yet" },
  E505 = { title = "an imprecise date is not evaluated yet" },
  W601 = { title = "a fact without source, judgement or claim",
    hint = "add `in SOURCE`, or `judged by NAME because CLAIM`" },
  W602 = { title = "a paragraph that no claim covers" },
  W603 = { title = "a relation that is not declared",
    hint = "declare it: relation NAME(column: type, …)." },
  W604 = { title = "a constraint that the facts break" },
  W606 = { title = "what the view hides" },
}

-- Codes of the core's checker: its code -> ours, the message over its strings
-- %1 to %4, the hint.
M.checker = {
  ["arity"] = { "E301", "%1 takes %2 arguments, here it has %3",
    "of a relation, named columns leave some out: %1{column = X}" },
  ["body-size"] = { "E319", "a rule for %1 has %3 conditions; %2 is the most",
    "derive parts of it by rules of their own" },
  ["derived-system"] = { "E302", "%1 is filled by the engine",
    "no rule may derive it; choose another name" },
  ["function-kind"] = { "E303", "%1 is a %2, used as %3" },
  ["aggregate-place"] = { "E304", "%1 can't stand inside an expression",
    "an aggregate is a whole argument of a head, or stands over braces" },
  ["aggregate-value"] = { "E305", "%1 needs a value to aggregate",
    "only count() goes without" },
  ["type-mismatch"] = { "E306", "%1 is %2, but this place wants %3",
    "first seen at %4" },
  ["type-compare"] = { "E307", "%2 %1 %3 compares %4",
    "compare values of one type" },
  ["type-arithmetic"] = { "E308", "%1 can't be applied to %2, which is %3",
    "it takes %4" },
  ["type-aggregate"] = { "E309", "%1 can't be taken of %2, which is %3",
    "it takes %4" },
  ["unsafe-variable"] = { "E310", nil,
    "give it a value in a positive condition of the body" },
  ["aggregate-cycle"] = { "E311", "%1 aggregates over its own result: %3",
    "an aggregate needs its input complete; break the cycle" },
  ["lattice-mixed"] = { "E312", "rules of %1 aggregate differently: "
    .. "%2 there, %3 here", "the first rule is at %4" },
  ["lattice-not-monotone"] = { "E313",
    "the %2 of %1 can't be recursive through %3 (%4)",
    "a better value must never take back what was derived from a worse one" },
  ["lattice-unchecked"] = { "W314",
    "%3 in the recursive %2 of %1 may not be monotone: %4" },
  ["unbounded-invention"] = { "W315",
    "%1 may make new values without end, through %2",
    "bound the recursion; otherwise a budget stops it" },
  ["belief-reads"] = { "E316",
    "the belief rule for %1 reads %2",
    "belief comes before facts: it may read claims, and relations declared "
    .. "`asserted`" },
  ["singleton-variable"] = { "W317", "%1 occurs once in this rule for %2",
    "write `_` when it doesn't matter" },
  ["duplicate-rule"] = { "W318", "this rule for %1 is there already",
    "the first one is at %2" },
}

diag.register(M.codes)
do
  local codes = {}
  for name, entry in pairs(M.checker) do
    codes[entry[1]] = { title = name, hint = entry[3] }
  end
  codes.E399 = { title = "a mistake found by the checker" }
  diag.register(codes)
end

-- Auxiliary relations are named after the user's.
local function fill(template, names)
  return (template:gsub("%%(%d)", function(digit)
    local text = names[tonumber(digit)] or "?"
    return (text:gsub("([%l][%w_%.]*)@%d+", "%1"))
  end))
end

local function byte_at(chunk, line, column)
  chunk.starts = chunk.starts or diag.line_starts(chunk.text)
  local start = chunk.starts[line]
  if not start then return #chunk.text + 1 end
  local finish = (chunk.starts[line + 1] or #chunk.text + 2) - 1
  return utf8.offset(chunk.text, column, start) or finish
end

local PLACES = { head = "stands in the head", negation = "stands under `not`",
  comparison = "is compared", aggregate = "is used by an aggregate",
  arithmetic = "is computed with", ["function"] = "goes into a function" }

local function unsafe(names)
  local place = PLACES[names[2]] or "is used"
  return string.format("%s %s, but nothing in the body gives it a value",
    names[1] == "_" and "`_`" or "variable " .. (names[1] or "?"), place)
end

local function worded(d)
  local entry, names = M.checker[d.code], d.names or {}
  if not entry then
    return "E399", d.code .. ": " .. table.concat(names, ", ")
  end
  if d.code == "unsafe-variable" then
    return entry[1], unsafe(names), entry[3]
  end
  local hint = entry[3]
  if hint and hint:find "%%%d$" and (names[tonumber(hint:match "%%(%d)$")]
    or "") == "" then
    hint = nil
  end
  return entry[1], fill(entry[2], names), hint and fill(hint, names)
end

--- A diagnostic of the core as one for people. chunks: file name -> chunk;
-- chunk: the one that the rule at fault stands in, where it is known.
function M.from_core(d, chunks, chunk)
  local code, message, hint = worded(d)
  local severity = d.severity or "error"
  chunk = chunk or d.file and chunks[d.file]
  if not chunk or chunk.generated or not d.line or d.line == 0 then
    return { code = code, severity = severity, message = message, hint = hint,
      file = chunk and chunk.name or "rules" }
  end
  local pos = byte_at(chunk, d.line, d.column or 1)
  local stop = d.end_line and d.end_line > 0
    and byte_at(chunk, d.end_line, d.end_column) or pos + 1
  local made = diag.new(code, chunk, pos, stop, message,
    { severity = severity })
  made.hint = hint
  return made
end

local STOPPED = { overflow = "E401", budget = "E402", ["function"] = "E403" }

--- The diagnostic for an evaluation that was stopped at work on a rule, "… the
-- rule … at FILE:LINE" or "… at FILE:LINE:COLUMN"; nil when it names none.
function M.stopped(message, code, chunks)
  local file, line, column = message:match " at ([^:]+):(%d+):?(%d*)$"
  local chunk = file and chunks[file]
  if not STOPPED[code] or not chunk then return nil end
  local pos = byte_at(chunk, tonumber(line), tonumber(column) or 1)
  pos = chunk.text:find("%S", pos) or pos
  local stop = chunk.text:find("\n", pos, true) or #chunk.text + 1
  return diag.new(STOPPED[code], chunk, pos, stop,
    (message:gsub(" at [^:]+:%d+:?%d*$", "")))
end

--- The span of bytes pos..stop-1 of a chunk: line, column, end line, column.
function M.span(chunk, pos, stop)
  chunk.starts = chunk.starts or diag.line_starts(chunk.text)
  local line, column = diag.place(chunk.text, chunk.starts, pos)
  local last_line, last_column = diag.place(chunk.text, chunk.starts, stop)
  return line, column, last_line, last_column
end

return M
