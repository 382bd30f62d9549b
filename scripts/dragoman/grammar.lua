-- The parser: text to syntax tree and diagnostics.
--
-- The rules (ebnf.lua) are compiled to LPeg and matched one statement at a
-- time, so a long file needs no long capture list and one bad statement costs
-- only itself. A statement that does not match is matched again with the
-- tracking grammar, which notes how far it got and what would have gone on;
-- recovery.lua makes a diagnostic of that and says where to go on. Time is
-- linear in the text: nothing nests a choice inside a choice of the same
-- beginning, and each statement is read at most four times.

local lpeg = require "lpeg"
local build = require "dragoman.build"
local diag = require "dragoman.diag"
local lexer = require "dragoman.lexer"
local peg = require "dragoman.peg"
local recovery = require "dragoman.recovery"
local short = require "dragoman.short"

local P, S, Cp, Ct = lpeg.P, lpeg.S, lpeg.Cp, lpeg.Ct

local M = {}

M.MAX_NESTING = 200
local MAX_DIAGNOSTICS = 500

-- Each level of nesting takes about a dozen entries of LPeg's stack.
lpeg.setmaxstack(100 * M.MAX_NESTING)

local all_rules

--- The rules of the language, read when they are first needed.
function M.rules()
  all_rules = all_rules or peg.read(require "dragoman.ebnf")
  return all_rules
end

-- ---------------------------------------------------------------- compiling

-- Most arguments are one word or number. Matching those first spares the nine
-- levels of the expression grammar and changes nothing else.
local tokens = lexer.tokens
local plain = tokens.symbol.pattern + tokens.date.pattern
  + tokens.integer.pattern + tokens.float.pattern + tokens.string.pattern

local function quick_argument(body)
  return lexer.skip * (plain + tokens.variable.pattern)
    * #(lexer.skip * S ",)") + body
end

-- Most statements of a large text are facts of plain arguments without notes.
local function quick_fact(body)
  local skip = lexer.skip
  local argument = skip * plain * skip
  local quick = skip * Cp() * tokens.name.pattern * skip * "("
    * Ct(argument * ("," * argument) ^ 0) * ")" * Cp() * skip
    * lexer.full_stop * Cp() / build.plain_fact
  return quick + body
end

local function options(track)
  return { tokens = lexer.tokens, actions = build.actions, skip = lexer.skip,
    letter = lexer.letter, symbols = lexer.symbols, special = lexer.special,
    track = track, wrap = { argument = quick_argument, fact = quick_fact } }
end

local compiled, tracking = nil, {}
local furthest -- the tracker's memory: {pos=, expected = {what -> rule}}

local function track(pos, what, rule)
  if pos > furthest.pos then
    furthest.pos, furthest.expected = pos, {}
  end
  if pos == furthest.pos then
    local rules = furthest.expected[what] or {}
    rules[rule] = true
    furthest.expected[what] = rules
  end
end

-- Compiling takes LPeg some milliseconds: one pattern serves all of these,
-- and is told where to start.
local STARTS = { "statement", "block_head", "goal", "change" }

local function match_at(start, text, pos)
  compiled = compiled or peg.compile(M.rules(), STARTS, options())
  return compiled:match(text, pos, start)
end

-- How far `start` gets from pos, and what it waits for there.
local function explore(text, pos, start)
  if not tracking[start] then
    tracking[start] = peg.compile(M.rules(), start, options(track))
  end
  furthest = { pos = pos, expected = {} }
  pcall(tracking[start].match, tracking[start], text, pos)
  return furthest
end

-- ------------------------------------------------------------------- parser

local Parser = {}
Parser.__index = Parser

local function new_parser(text, name)
  return setmetatable({ text = text, name = name or "text", list = {},
    bad_bytes = {},
    where = { text = text, name = name or "text" } }, Parser)
end

function Parser:report(code, pos, stop, message, extra)
  if #self.list > MAX_DIAGNOSTICS then return end
  if #self.list == MAX_DIAGNOSTICS then
    code, message, extra = "E138", "too many mistakes; the rest is not shown",
      nil
  end
  self.list[#self.list + 1] = diag.new(code, self.where, pos, stop, message,
    extra)
end

-- Bytes that no text may hold, wherever they stand.
function Parser:check_bytes()
  local text, pos = self.text, 1
  while true do
    local _, bad = utf8.len(text, pos)
    if not bad then break end
    self:report("E112", bad, bad + 1, string.format(
      "byte 0x%02X is no part of a UTF-8 character", text:byte(bad)))
    self.bad_bytes[bad] = true
    pos = bad + 1
    while pos <= #text and text:byte(pos) & 0xC0 == 0x80 do
      self.bad_bytes[pos] = true
      pos = pos + 1
    end
    if #self.list > MAX_DIAGNOSTICS then break end
  end
  pos = text:find("\0", 1, true)
  if pos then
    self:report("E113", pos, pos + 1, "a NUL byte")
    self.bad_bytes[pos] = true
  end
end

-- A small text of plain statements never needs the grammar compiled; in a
-- large one that pays.
local left_to_short = 200

local function read_short(start, text, pos)
  if compiled or left_to_short == 0 then return nil end
  left_to_short = left_to_short - 1
  return short.read(start, text, pos)
end

-- Match and build: node and next position, or nil.
local function build_at(start, text, pos)
  local plain_node, after = read_short(start, text, pos)
  if plain_node then return plain_node, after end
  local events, next_pos = match_at(start, text, pos)
  if not events then return nil end
  return peg.run(events), next_pos
end

-- LPeg and Lua give up with such errors on texts beyond all measure.
local function too_large(message)
  message = tostring(message)
  return message:find "overflow" or message:find "too many"
    or message:find "too deep" or message:find "not enough memory"
end

-- What `start` makes at pos, and the next position; nil when it does not
-- match. Mistakes that its actions find are reported.
function Parser:match(start, pos)
  build.set_reporter(function(code, first, stop, ...)
    local message, extra = recovery.wording(code, ...)
    self:report(code, first, stop, message, extra)
  end)
  local ok, node, next_pos = pcall(build_at, start, self.text, pos)
  if not ok then
    if not too_large(node) then error(node, 0) end
    self.oversize = true
    return nil
  end
  if node and next_pos - pos > 2 * M.MAX_NESTING
    and lexer.too_deep(self.text, pos, next_pos, M.MAX_NESTING) then
    return nil
  end
  return node, next_pos
end

-- Would a whole statement match here? Nothing is reported.
function Parser:fits(start, pos)
  local ok, events = pcall(match_at, start, self.text, pos)
  return ok and events ~= nil
end

-- Report why `start` does not match at pos; where to go on.
function Parser:fail(start, pos, in_block)
  local text = self.text
  local far = explore(text, pos, start)
  local deep = lexer.too_deep(text, pos, far.pos, M.MAX_NESTING)
  if deep then
    self:report("E114", deep, deep + 1, "brackets are nested over "
      .. M.MAX_NESTING .. " deep")
    return lexer.statement_end(text, pos)
  end
  if self.oversize then
    self.oversize = false
    self:report("E115", pos, pos + 1, "this statement is too large")
    return lexer.statement_end(text, pos)
  end
  local found = recovery.diagnose {
    text = text, start = pos, far = far.pos, expected = far.expected,
    rule = start, in_block = in_block,
    fits = function(at)
      return self:fits("statement", at) or self:fits("block_head", at)
    end,
  }
  if not (found.byte_error and self.bad_bytes[found.pos]) then
    self:report(found.code, found.pos, found.stop, found.message,
      { hint = found.hint, incomplete = found.incomplete })
  end
  if found.resume then return found.resume, "resume" end
  local stop, ended = lexer.statement_end(text, pos)
  return math.max(stop, pos + 1), ended
end

local skip_space = lexer.skip * Cp()
local block_ahead = P "in" * -lexer.letter
local optional_stop = (lexer.skip * lexer.full_stop) ^ -1 * Cp()

local ALLOWED_IN_BLOCK = { claim = true, fact = true, question = true,
  entity = true }

local KIND = { rule = "a rule", relation = "a declaration",
  constructor = "a declaration", never = "a constraint",
  import = "an import", export = "an export", source = "a source",
  beats = "a ranking of rules", ["in"] = "a block" }

function Parser:check_in_block(node, source)
  if not ALLOWED_IN_BLOCK[node.tag] then
    self:report("E125", node.pos, node.stop, KIND[node.tag]
      .. " cannot stand in the block of a source")
  elseif node.source and node.source ~= source then
    self:report("E122", node.at.source, node.stop, "the block says `in "
      .. source .. "` already")
  else
    node.source = source
  end
end

-- A block up to its closing brace: the node and the position after it.
function Parser:block(head, pos, in_block)
  if in_block then
    self:report("E125", head.pos, head.stop,
      "a block cannot stand in a block; is a `}` missing before it?")
  end
  head.statements = {}
  local next_pos, closed = self:statements(head.statements, pos, head)
  if not closed then
    self:report("E133", head.pos, head.stop, "this block is never closed",
      { hint = "close it with `}`", incomplete = true })
  end
  head.stop = next_pos
  return optional_stop:match(self.text, next_pos)
end

-- One statement or block at pos, put on the list; the position after it.
function Parser:statement(into, pos, block)
  if block_ahead:match(self.text, pos) then
    local head, next_pos = self:match("block_head", pos)
    if head then
      into[#into + 1] = head
      return self:block(head, next_pos, block)
    end
  end
  local node, next_pos = self:match("statement", pos)
  if node then
    if block then self:check_in_block(node, block.source) end
    into[#into + 1] = node
    return next_pos
  end
  local resume, ended = self:fail("statement", pos, block ~= nil)
  if ended == "brace" and not block then
    resume = optional_stop:match(self.text, resume + 1)
  end
  return resume
end

-- Statements up to the end or, in a block, to its brace.
function Parser:statements(into, pos, block)
  local text = self.text
  while true do
    pos = skip_space:match(text, pos)
    if pos > #text or #self.list > MAX_DIAGNOSTICS then return pos, false end
    if text:byte(pos) == 125 then -- }
      if block then return pos + 1, true end
      self:report("E104", pos, pos + 1, "this `}` closes nothing")
      pos = optional_stop:match(text, pos + 1)
    else
      pos = self:statement(into, pos, block)
    end
  end
end

local function first_byte(text)
  return text:sub(1, 3) == "\u{FEFF}" and 4 or 1
end

function Parser:finish()
  build.set_reporter(function() end)
  return diag.sort(self.list)
end

-- ---------------------------------------------------------------------- API

--- Parse a file or a text with any number of statements: the chunk and an
-- array of diagnostics (empty when all is well). What could be read is in the
-- chunk even then.
function M.parse(text, name)
  local parser = new_parser(text, name)
  local chunk = { tag = "chunk", name = parser.name, text = text, pos = 1,
    stop = #text + 1 }
  parser:check_bytes()
  parser:statements(chunk, first_byte(text))
  return chunk, parser:finish()
end

--- Parse a goal, e.g. "outcome(P, O)": the formula (nil when it is none) and
-- diagnostics. `$name` stands for a value given later.
function M.parse_formula(text, name)
  local parser = new_parser(text, name or "goal")
  parser:check_bytes()
  build.allow_params(true)
  local pos = first_byte(text)
  local node, next_pos = parser:match("goal", pos)
  build.allow_params(false)
  if not node then
    parser:fail("goal", pos)
  else
    local rest = skip_space:match(text, next_pos)
    if rest <= #text then
      local far = explore(text, pos, "goal")
      if far.pos < rest then far = { pos = rest, expected = {} } end
      local found = recovery.diagnose { text = text, start = pos,
        far = far.pos, expected = far.expected, rule = "goal",
        fits = function() return false end }
      parser:report(found.code, found.pos, found.stop, found.message,
        { hint = found.hint, incomplete = found.incomplete })
    end
  end
  local list = parser:finish()
  return #list == 0 and node or nil, list
end

-- `+ claim c6.` says nothing: a claim is made by a statement.
function Parser:check_change(change)
  if change.claim and change.sign == "+" then
    self:report("E135", change.pos, change.stop,
      "a claim is added by its statement, not by its id")
  elseif change.statement and change.statement.tag == "in" then
    self:report("E135", change.pos, change.stop,
      "a block cannot be added or taken away at once")
  end
end

--- Parse a change ("+ promised(us, stay). - claim c6."): array of
-- {sign=, statement=} and {sign="-", claim=}, and diagnostics. A statement
-- without a sign is added.
function M.parse_change(text, name)
  local parser = new_parser(text, name or "change")
  parser:check_bytes()
  local changes, pos = {}, skip_space:match(text, first_byte(text))
  while pos <= #text and #parser.list <= MAX_DIAGNOSTICS do
    local change, next_pos = parser:match("change", pos)
    if change then
      parser:check_change(change)
      changes[#changes + 1] = change
    else
      local ended
      next_pos, ended = parser:fail("change", pos)
      if ended == "brace" then next_pos = next_pos + 1 end
    end
    pos = skip_space:match(text, next_pos)
  end
  return changes, parser:finish()
end

--- Does the text only lack its end, so that a prompt should read on?
function M.incomplete(diagnostics)
  for _, d in ipairs(diagnostics) do
    if not d.incomplete then return false end
  end
  return #diagnostics > 0
end

--- Does the whole text match the grammar in one piece (rule `chunk`)? For
-- tests: it is what the statement-wise parser must agree with.
function M.recognise(text)
  build.set_reporter(function() end)
  local whole = peg.compile(M.rules(), "chunk", options()) * lexer.skip * -1
  return whole:match(text, first_byte(text)) ~= nil
end

return M
