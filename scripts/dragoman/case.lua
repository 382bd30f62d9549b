-- What the reports on talks share: lines of 80 columns, and what a view has to
-- say, gathered: claims in reading order, questions with their options and
-- grounds, proofs down to claims and assumptions, where the options stand.
--
-- A state is {base=, kb=, reader=, claims=, claim=, short=, texts=, origins=}:
-- the knowledge base, the view, how things read, the claims in order and by id,
-- their short ids, the sources that are texts analysed, and who says what.

local words = require "dragoman.words"

local M = {}

local WIDTH <const> = 80

-- ---------------------------------------------------------------- printing

--- Prints `text` behind `lead`, broken at spaces, later lines under the first
-- (or behind `rest`); `tail` stands at the right margin of the last line.
function M.put(lead, text, tail, rest)
  local line, indent = lead, rest or (" "):rep(utf8.len(lead))
  local fresh = true
  for word in text:gmatch "%S+" do
    if not fresh and utf8.len(line) + 1 + utf8.len(word) > WIDTH then
      print(line)
      line, fresh = indent, true
    end
    line = line .. (fresh and "" or " ") .. word
    fresh = false
  end
  if tail and tail ~= "" then
    local room = WIDTH - utf8.len(line) - utf8.len(tail)
    if room < 1 then
      print(line)
      line, room = indent, math.max(0, WIDTH - #indent - utf8.len(tail))
    end
    line = line .. (" "):rep(room) .. tail
  end
  print((line:gsub("%s+$", "")))
end

--- "1 claim", "2 claims".
function M.plural(n, one, many)
  return ("%d %s"):format(n, n == 1 and one or many or one .. "s")
end

-- --------------------------------------------------------------- knowledge

--- The answers to a goal, as an array; a mistake in it raises.
function M.rows(kb, goal)
  local answers, message = kb:answers(goal)
  return answers or error(message, 0)
end

--- The first answer, or nil.
function M.first(kb, goal) return M.rows(kb, goal)[1] end

local function by_paragraph(a, b)
  local x, y = a.para or 0, b.para or 0
  if a.source ~= b.source then
    return tostring(a.source) < tostring(b.source)
  end
  if x ~= y then return x < y end
  return a.serial < b.serial
end

-- Sources that hold claims with paragraphs are the texts analysed; what other
-- sources back is background.
local function texts_of(claims)
  local texts = {}
  for _, c in ipairs(claims) do
    if (c.para or 0) > 0 then texts[c.source] = true end
  end
  return texts
end

-- Which voices say the same and are believed: text of it -> set of origins.
local function corroboration(kb, claims)
  local believed, origins = {}, {}
  for _, r in ipairs(M.rows(kb, "believed(C)")) do
    believed[r.C] = r.truth ~= "disputed"
  end
  for _, c in ipairs(claims) do
    if believed[c.id] then
      local key = tostring(c.content or c.atom)
      origins[key] = origins[key] or {}
      origins[key][tostring(c.origin or c.body or c.speaker)] = true
    end
  end
  return origins
end

--- The state of a view of the knowledge base.
function M.open(base, view)
  assert(view:answers "question(Q, T, P, H, R)")
  local state = { base = base, kb = view, reader = words.of_view(view),
    claim = {}, claims = view:claims() }
  table.sort(state.claims, by_paragraph)
  for i, c in ipairs(state.claims) do
    c.place = i
    state.claim[c.id] = c
  end
  state.short = words.short_ids(state.claims)
  state.texts = texts_of(state.claims)
  state.origins = corroboration(view, state.claims)
  return state
end

-- ------------------------------------------------------------------ proofs

--- The distinct claims and assumptions at the leaves of a goal's proof, the
-- claims in reading order; the proof itself.
function M.gather(state, goal)
  local found = { claims = {}, assumed = {}, known = {}, judges = {} }
  local why = state.kb:why(goal)
  local seen = {}
  for _, leaf in ipairs(why and why:leaves() or {}) do
    local id = leaf.claim and leaf.claim.id
    local key = id or leaf.kind .. tostring(leaf.atom)
    if not seen[key] then
      seen[key] = true
      if id and state.claim[id] then
        table.insert(found.claims, state.claim[id])
      elseif leaf.kind == "assumption" then table.insert(found.assumed, leaf)
      elseif leaf.kind == "judgement" then
        found.judges[#found.judges + 1] = leaf.judgement.by
      elseif leaf.kind == "background" and not leaf.entity then
        table.insert(found.known, leaf)
      end
    end
  end
  table.sort(found.claims, function(a, b) return a.place < b.place end)
  return found, why
end

--- The short ids of claims, in their order.
function M.ids_of(state, claims)
  local list = {}
  for i, c in ipairs(claims) do list[i] = state.short[c.id] or c.id end
  return table.concat(list, " ")
end

--- The short ids of the claims that a goal rests on.
function M.goal_ids(state, goal)
  return M.ids_of(state, M.gather(state, goal).claims)
end

--- A chain is as strong as its weakest link: the fewest independent origins
-- that any of the claims has.
function M.origins_of(state, claims)
  local fewest
  for _, c in ipairs(claims) do
    local n = 0
    for _ in pairs(state.origins[tostring(c.content or c.atom)] or {}) do
      n = n + 1
    end
    fewest = math.min(fewest or n, n)
  end
  return fewest or 0
end

--- The goal that asks for a ground.
function M.ground_goal(g)
  return ("ground(%s, %s, %q, %s)"):format(g.Q, g.O, g.D, tostring(g.R))
end

-- ----------------------------------------------------------------- reading

--- The questions, soonest first, each with its options and grounds.
function M.questions(state)
  local kb, list, by_id = state.kb, {}, {}
  for _, r in ipairs(M.rows(kb, "question(Q, T, P, H, R)")) do
    local q = { id = r.Q, text = r.T, process = r.P, horizon = r.H,
      resolves = r.R, options = {}, grounds = {}, lost = {} }
    list[#list + 1], by_id[r.Q] = q, q
  end
  for _, r in ipairs(M.rows(kb, "question_option(Q, O)")) do
    table.insert(by_id[r.Q].options, { name = r.O, pro = 0, con = 0, lost = 0,
      disputed = 0 })
  end
  for _, g in ipairs(M.rows(kb, "ground(Q, O, D, R)")) do
    table.insert(by_id[g.Q].grounds, g)
  end
  for _, g in ipairs(M.rows(kb, "lost_ground(Q, O, C, D)")) do
    if g.truth ~= "disputed" then table.insert(by_id[g.Q].lost, g) end
  end
  table.sort(list, function(a, b)
    return tostring(a.horizon) < tostring(b.horizon)
  end)
  return list
end

--- Where the options of all questions stand: id -> option -> truth of leading.
function M.standing(kb)
  local found = {}
  for _, r in ipairs(M.rows(kb, "leading(Q, O)")) do
    found[r.Q] = found[r.Q] or {}
    found[r.Q][r.O] = r.truth or "true"
  end
  return found
end

--- The leading option and true, or DISPUTED, or UNDECIDED.
function M.verdict(options)
  for option, truth in pairs(options or {}) do
    if truth ~= "disputed" then return option, true end
  end
  return options and next(options) and "DISPUTED" or "UNDECIDED"
end

--- Is the horizon before the day of the view?
function M.passed(state, q)
  return tostring(q.horizon) < tostring(state.kb.at)
end

--- The day of the newest source that the view sees.
function M.newest_source(state)
  local newest = "none"
  for _, s in ipairs(state.kb:sources()) do
    local day = tostring(s.published)
    if newest == "none" or day > newest then newest = day end
  end
  return newest
end

return M
