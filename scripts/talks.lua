-- talks.lua - the first screen of an analysis of talks.
--
--   dragoman run scripts/talks.lua KB [--at DATE] [--known-by DATE]
--
-- Prints, for any knowledge base that asks questions in the words of the rule
-- library: each question with its options, the grounds for and against each,
-- what is assumed; why; what would change it, each change re-run; clashes,
-- pressure, unknowns, what to watch. Every line is computed, every id can be
-- asked about with `dragoman why`. KB/changes.txt, if there is one, holds
-- further changes to try.

local dragoman = require "dragoman"
local case = require "dragoman.case"
local tree = require "dragoman.tree"
local whatif = require "dragoman.whatif"
local words = require "dragoman.words"

local put, plural, rows, first = case.put, case.plural, case.rows, case.first
local gather, ids_of, goal_ids = case.gather, case.ids_of, case.goal_ids

-- ------------------------------------------------------------------ header

-- The widest process that the first question's belongs to.
local function title(state, list)
  local q = list[1]
  if not q then return "NO QUESTION ASKED" end
  local name = state.reader:say(q.process)
  for _, r in ipairs(rows(state.kb, ("within(%s, W)"):format(q.process))) do
    if r.W ~= q.process then name = state.reader:say(r.W) end
  end
  return (name:gsub("^the ", ""):upper())
end

local function count_speakers(state)
  local seen, all, unnamed = {}, 0, 0
  for _, c in ipairs(state.claims) do
    local who = tostring(c.speaker) .. (c.speaker_name or "")
    if not seen[who] then
      seen[who], all = true, all + 1
      if who:find("anonymous", 1, true) then unnamed = unnamed + 1 end
    end
  end
  return all, unnamed
end

-- Facts that a source other than the texts backs; how names are to be spoken
-- of is no knowledge.
local function count_background(state)
  local n = 0
  for _, st in ipairs(state.kb:statements { kind = "fact" }) do
    if st.source and not state.texts[st.source] and not st.label
      and st.relation ~= "plural" then n = n + 1 end
  end
  return n
end

local function count_texts(state)
  local texts, outlets, seen = 0, 0, {}
  for _, s in ipairs(state.kb:sources()) do
    if state.texts[s.id] then
      texts = texts + 1
      local outlet = tostring(s.publisher or s.id)
      if not seen[outlet] then seen[outlet], outlets = true, outlets + 1 end
    end
  end
  return texts, outlets
end

-- Confidence says how much stands behind the answers, never how likely they
-- are: few outlets or grounds of one origin each make it low.
local function confidence(state, list, outlets)
  local single, total = 0, 0
  for _, q in ipairs(list) do
    for _, g in ipairs(q.grounds) do
      if g.D == "for" and g.truth ~= "disputed" then
        total = total + 1
        local claims = gather(state, case.ground_goal(g)).claims
        if case.origins_of(state, claims) < 2 then single = single + 1 end
      end
    end
  end
  if total == 0 then return "CONFIDENCE NONE: no ground found." end
  local level = outlets < 2 and "LOW" or 2 * single > total and "LOW"
    or "MODERATE"
  local rest = single == total and "each ground has a single origin"
    or ("%d of %d grounds have a single origin"):format(single, total)
  return ("CONFIDENCE %s: %s; %s."):format(level, plural(outlets, "outlet"),
    rest)
end

local function header(state, list)
  local kb = state.kb
  local at, known = tostring(kb.at), tostring(kb.known_by)
  put(title(state, list) .. "   ", ("read at %s, using only what was "
    .. "published by %s"):format(at, at == known and "that day" or known))
  local texts, outlets = count_texts(state)
  local all, unnamed = count_speakers(state)
  put("", ("%s, %s, %s (%d anonymous); %s, %s"):format(plural(texts, "text"),
    plural(#state.claims, "claim"), plural(all, "speaker"), unnamed,
    plural(count_background(state), "background fact"),
    plural(#kb:rules(), "rule")))
  if #list > 0 then put("", confidence(state, list, outlets)) end
  for _, r in ipairs(rows(kb, "rules_written(D)")) do
    if at < tostring(r.D) then
      put("", ("HINDSIGHT: rules were written in %s. An illustration, not a "
        .. "forecast."):format(tostring(r.D):sub(1, 4)))
    end
  end
end

-- --------------------------------------------------------------- questions

local function count_grounds(q)
  for _, o in ipairs(q.options) do
    for _, g in ipairs(q.grounds) do
      if g.O ~= o.name then goto continue end
      if g.truth == "disputed" then o.disputed = o.disputed + 1
      elseif g.D == "for" then o.pro = o.pro + 1
      else o.con = o.con + 1 end
      ::continue::
    end
    for _, g in ipairs(q.lost) do
      if g.O == o.name then o.lost = o.lost + 1 end
    end
  end
  table.sort(q.options, function(a, b)
    if a.pro - a.con ~= b.pro - b.con then
      return a.pro - a.con > b.pro - b.con
    end
    return a.name < b.name
  end)
end

local function put_option(state, o, truth)
  local mark = truth == "true" and "LEADING" or truth and "DISPUTED" or ""
  local name = state.reader.phrases[o.name] or o.name
  local text = ("%d for, %d against"):format(o.pro, o.con)
  if o.disputed > 0 then text = text .. (", %d disputed"):format(o.disputed) end
  if o.lost > 0 then text = text .. (", %d set aside"):format(o.lost) end
  put(("%s %-18s "):format(truth == "true" and ">" or " ", name), text, mark)
end

-- One line per ground, in the order in which the text brings its claims. What
-- speaks for one option speaks against the others: said once.
local function put_grounds(state, q)
  local pro, lines = {}, {}
  for _, g in ipairs(q.grounds) do
    if g.D == "for" then pro[tostring(g.R)] = g.O end
  end
  for _, g in ipairs(q.grounds) do
    local option = pro[tostring(g.R)]
    if g.D == "for" or not option or option == g.O then
      local claims = gather(state, case.ground_goal(g)).claims
      lines[#lines + 1] = { g = g, claims = claims,
        place = claims[1] and claims[1].place or math.huge }
    end
  end
  table.sort(lines, function(a, b)
    if a.g.D ~= b.g.D then return a.g.D > b.g.D end
    if a.g.O ~= b.g.O then return a.g.O < b.g.O end
    if a.place ~= b.place then return a.place < b.place end
    return tostring(a.g.R) < tostring(b.g.R)
  end)
  local last
  for _, l in ipairs(lines) do
    local key = l.g.D .. l.g.O
    local text = words.sentence(state.reader:say(l.g.R))
    if l.g.truth == "disputed" then text = text .. " (disputed)" end
    if l.g.O ~= q.options[1].name then text = l.g.O .. ": " .. text end
    put(("  %-9s"):format(key ~= last and l.g.D or ""), text,
      ids_of(state, l.claims))
    last = key
  end
end

-- How the claim that set another aside did so.
local function defeat(state, c, by)
  local id = state.short[by.id]
  local text = tostring(c.said) == tostring(by.said)
    and "earlier that day than " or tostring(c.said) < tostring(by.said)
    and "earlier than " or "weighed against "
  local heavier = first(state.kb, ("outranks(%q, %q)"):format(by.id, c.id))
  return text .. id .. (heavier and ", which outranks it" or "")
end

local function put_lost(state, q)
  for i, g in ipairs(q.lost) do
    local c, by = state.claim[g.C], state.claim[g.D]
    if c and by then
      put(i == 1 and "  aside    " or (" "):rep(11),
        ("%s: %s (%s)"):format(words.sentence(state.reader:say(c.speaker)),
          tree.asserted(state.reader, c), defeat(state, c, by)),
        state.short[c.id])
    end
  end
end

local function assumption_text(state, leaf)
  return state.reader:absence(leaf.relation, leaf.args)
    or "not known: " .. tostring(leaf.atom)
end

local function put_assumed(state, found)
  for i, leaf in ipairs(found.assumed) do
    leaf.label = "a" .. i
    found.labels[tostring(leaf.atom)] = leaf.label
    put((i == 1 and "  assumed  " or (" "):rep(11)) .. leaf.label .. " ",
      words.sentence(assumption_text(state, leaf)),
      i == 1 and "no claim found" or nil)
  end
end

-- The clash that a disputed question turns on.
local function put_dispute(state, q, options)
  local option = next(options)
  for other in pairs(options) do option = other < option and other or option end
  local why = state.kb:why(("outcome(%s, %s)"):format(q.process, option))
  local told, seen = {}, {}
  for _, leaf in ipairs(why and why:leaves() or {}) do
    for _, rival in ipairs(leaf.disputed_with or {}) do
      local a, b = state.claim[leaf.claim.id], state.claim[rival.id]
      if a and b and a.place > b.place then a, b = b, a end
      local key = a and b and a.id .. b.id
      if key and not seen[key] then
        seen[key] = true
        told[#told + 1] = state.short[a.id] .. " against " .. state.short[b.id]
      end
    end
  end
  if #told > 0 then put("  turns on ", table.concat(told, ", ")) end
end

local function put_passed(state, q)
  local r = first(state.kb, ("resolution(%s, O)"):format(q.id))
  if r then
    put("  ", "horizon passed; ended: " .. r.O, goal_ids(state,
      ("resolution(%s, %s)"):format(q.id, r.O)))
  else
    put("  ", "horizon passed, no source says how it ended, newest source "
      .. case.newest_source(state))
  end
end

local function put_question(state, q, stand)
  print()
  put("", q.text:upper(), ("(by %s: %s)"):format(words.date(q.horizon),
    q.resolves))
  if case.passed(state, q) then return put_passed(state, q) end
  count_grounds(q)
  local option, leads = case.verdict(stand[q.id])
  for _, o in ipairs(q.options) do
    put_option(state, o, (stand[q.id] or {})[o.name])
  end
  if not leads then
    put("  ", option .. ": the rules arrive at no one option")
  end
  put("  ", "no likelihood stated: no rule used here has a scored record")
  put_grounds(state, q)
  put_lost(state, q)
  if option == "DISPUTED" then put_dispute(state, q, stand[q.id]) end
  if leads then
    q.leader = option
    q.proof, q.why = gather(state,
      ("outcome(%s, %s)"):format(q.process, option))
    q.proof.labels = {}
    put_assumed(state, q.proof)
  end
end

-- --------------------------------------------------------------------- why

-- Premises that only tie the others together; the full tree has them.
local TIES <const> = { asks = true, within = true, step = true,
  part_of = true, process = true, forces = true, spends = true }

local function is_background(node)
  if node.kind == "background" then return true, node.source.id end
  local source
  for _, child in ipairs(node.children) do
    if not TIES[child.relation] then
      local is, id = is_background(child)
      if not is then return false end
      source = source or id
    end
  end
  return source ~= nil, source
end

-- The branches of a node that are worth a line, and the claims right under it;
-- what claims rest on (their conditions) counts as the node's own.
local function branches(node)
  local list, claims = {}, {}
  for _, child in ipairs(node.children) do
    if child.seen or TIES[child.relation] then goto continue end
    if child.kind == "claim" then
      claims[#claims + 1] = child
      table.move(child.children, 1, #child.children, #list + 1, list)
    else
      list[#list + 1] = child
    end
    ::continue::
  end
  return list, claims
end

-- Nothing new under it: all of it stands elsewhere in the tree.
local function is_empty(q, node)
  if node.kind ~= "rule" or is_background(node) then return false end
  local list, claims = branches(node)
  for _, leaf in ipairs(claims) do
    if not q.told[leaf.claim.id] then return false end
  end
  return #list == 0
end

local put_node

local function put_branches(state, q, list, rest)
  local shown = {}
  for _, child in ipairs(list) do
    if not is_empty(q, child) then shown[#shown + 1] = child end
  end
  for i, child in ipairs(shown) do
    local last = i == #shown
    put_node(state, q, child, rest .. (last and "'- " or "|- "),
      rest .. (last and "   " or "|  "))
  end
end

local function put_claim(state, q, leaf, rest)
  if q.told[leaf.claim.id] then return end
  q.told[leaf.claim.id] = true
  put(rest, state.short[leaf.claim.id] .. " "
    .. tree.claim_text(state.reader, leaf.claim, leaf.publisher), nil,
    rest .. "  ")
end

function put_node(state, q, node, lead, rest)
  if node.kind == "assumption" then
    put(lead, assumption_text(state, node), "ASSUMPTION "
      .. (q.proof.labels[tostring(node.atom)] or ""), rest)
    return
  end
  local text = state.reader:atom(node.relation, node.args) or node.atom
  local is, source = is_background(node)
  if is then return put(lead, text, "background " .. source, rest) end
  put(lead, text, node.truth == "disputed" and "DISPUTED" or nil, rest)
  local list, claims = branches(node)
  if node.kind == "claim" then claims = { node } end
  for _, leaf in ipairs(claims) do
    put_claim(state, q, leaf, rest .. (#list > 0 and "|    " or "     "))
  end
  put_branches(state, q, list, rest)
end

-- What the leading answer rests on, by kind.
local function put_share(state, proof)
  local told, background = 0, 0
  for _, leaf in ipairs(proof.known) do
    if state.texts[leaf.source.id] then told = told + 1
    else background = background + 1 end
  end
  local n = #proof.claims + told + background + #proof.judges
  local parts = { ("%s (%s)"):format(plural(#proof.claims, "claim"),
    ids_of(state, proof.claims)), plural(told, "fact") .. " from the texts",
    plural(background, "background fact"), plural(#proof.judges, "judgement"),
    plural(#proof.assumed, "assumption") }
  for i = #parts, 1, -1 do
    if parts[i]:find "^0 " then table.remove(parts, i) end
  end
  put("  ", ("rests on %s; background's share %.0f %%"):format(
    table.concat(parts, ", "), n > 0 and 100 * background / n or 0))
end

local function put_why(state, q, path)
  local day = tostring(state.kb.at)
  local usual = tostring(state.base.at) == day
  print()
  print(("WHY   dragoman why %s 'outcome(%s, %s)'%s"):format(path, q.process,
    q.leader, usual and "" or " --at " .. day))
  local root = q.why.root
  local list, claims = branches(root)
  local text = state.reader.phrases[q.leader] or q.leader
  while #list == 1 and #claims == 0 do
    text = text .. " <- "
      .. (state.reader:atom(list[1].relation, list[1].args) or list[1].atom)
    list, claims = branches(list[1])
  end
  q.told = {}
  put("  ", text)
  for _, leaf in ipairs(claims) do put_claim(state, q, leaf, "  |    ") end
  put_branches(state, q, list, "  ")
  put_share(state, q.proof)
end


-- -------------------------------------------------------------- the margin

-- Items are texts, or { text, tail }.
local function put_list(head, items)
  for i, item in ipairs(items) do
    local lead = ("%-10s"):format(i == 1 and head or "")
    if type(item) == "table" then put(lead, item[1], item[2])
    else put(lead, item) end
  end
end

local PERFORMED <const> = { plans = true, promises = true, threatens = true,
  demands = true, offers = true, accepts = true, refuses = true }

-- A claim in one line: what is done by saying it, or who says what.
local function told(state, c)
  if PERFORMED[c.act] or not c.content then
    return tree.asserted(state.reader, c)
  end
  local who = c.speaker_name or state.reader:say(c.speaker)
  local denied = c.act == "denies" and "denies: " or ""
  return who .. ": " .. denied .. state.reader:say(c.content)
end

local function clashes(state)
  local items, seen, truth, aside = {}, {}, {}, {}
  for _, r in ipairs(rows(state.kb, "believed(C)")) do truth[r.C] = r.truth end
  for _, r in ipairs(rows(state.kb, "set_aside(C, D, R)")) do
    if r.truth ~= "disputed" then aside[r.C] = "set aside" end
  end
  local function add(one, other)
    if one.place > other.place then one, other = other, one end
    if seen[one.id .. other.id] then return end
    seen[one.id .. other.id] = true
    for i, c in ipairs { one, other } do
      local mark = aside[c.id] or truth[c.id] == "disputed" and "disputed"
      items[#items + 1] = { (i == 1 and "" or "/ ") .. state.short[c.id] .. " "
        .. told(state, c), mark or nil }
    end
  end
  for _, goal in ipairs { "clash(C, D)", "at_odds(C, D)" } do
    for _, r in ipairs(rows(state.kb, goal)) do
      local a, b = state.claim[r.C], state.claim[r.D]
      if a and b then add(a, b) end
    end
  end
  return items
end

-- How hard: a number that rests on judgements, so whose they are is said.
local function weight_of(state, r)
  local w = first(state.kb, ("pressure(%s, %s, %s, W)"):format(r.A, r.B, r.I))
  if not w then return "" end
  local found = gather(state, ("pressure(%s, %s, %s, _)"):format(r.A, r.B, r.I))
  return (", weight %.2f (%s's coding)"):format(w.W, found.judges[1] or "?")
end

local function leaning(state, items)
  local kb, reader, seen = state.kb, state.reader, {}
  local function line(r, how, goal)
    local key = ("%s %s %s"):format(r.A, r.B, r.I)
    local text = seen[key] and "" or reader:fill("{1} -> {2}: {3}",
      { r.A, r.B, r.I })
    seen[key] = true
    items[#items + 1] = { words.sentence(text .. (text == "" and "  " or ", ")
      .. how), goal_ids(state, goal) }
  end
  for _, r in ipairs(rows(kb, "resisted(A, B, I)")) do
    line(r, "resisted" .. weight_of(state, r),
      ("resisted(%s, %s, %s)"):format(r.A, r.B, r.I))
  end
  for _, r in ipairs(rows(kb, "alleged(S, A, B, I)")) do
    line(r, reader:fill("inferred by {1}", { r.S }),
      ("alleged(%q, %s, %s, %s)"):format(r.S, r.A, r.B, r.I))
  end
end

local function levers(state, items)
  local kb, reader = state.kb, state.reader
  for _, r in ipairs(rows(kb, "lever(A, B, M)")) do
    local gone = first(kb, ("given_away(%s, %s, S, D)"):format(r.A, r.M))
    local goal = gone and ("given_away(%s, %s, %s, %s)"):format(r.A, r.M,
      tostring(gone.S), tostring(gone.D))
      or ("lever(%s, %s, %s)"):format(r.A, r.B, r.M)
    items[#items + 1] = { words.sentence(reader:fill("{1} -> {2}: {3} as a "
      .. "lever, " .. (gone and "given away" or "held"), { r.A, r.B, r.M })),
      goal_ids(state, goal) }
  end
  local left, order = {}, {}
  for _, r in ipairs(rows(kb, "lever_left(A, M)")) do
    if not left[r.A] then left[r.A], order[#order + 1] = {}, r.A end
    table.insert(left[r.A], r)
  end
  for _, actor in ipairs(order) do
    local names, ids = {}, {}
    for i, r in ipairs(left[actor]) do
      names[i] = reader:say(r.M):gsub("^%u", string.lower)
      ids[i] = goal_ids(state, ("lever_left(%s, %s)"):format(actor, r.M))
    end
    items[#items + 1] = { words.sentence(reader:say(actor)) .. " keeps: "
      .. table.concat(names, ", "), table.concat(ids, " ") }
  end
end

local function pressures(state)
  local items = {}
  leaning(state, items)
  levers(state, items)
  return items
end

local function matters(state, goal)
  local items = {}
  for _, r in ipairs(rows(state.kb, goal)) do
    local day
    for _, arg in ipairs(type(r.X) == "table" and r.X or {}) do
      if type(arg) == "table" and arg.day then day = arg.day end
    end
    items[#items + 1] = { day = day or -math.huge,
      text = words.sentence(state.reader:say(r.X)) }
  end
  table.sort(items, function(a, b)
    if a.day ~= b.day then return a.day < b.day end
    return a.text < b.text
  end)
  for i, item in ipairs(items) do items[i] = item.text end
  return items
end

local function put_margin(state)
  local lists = { { "CLASHES", clashes(state) },
    { "PRESSURE", pressures(state) },
    { "UNKNOWN", matters(state, "unknown(X)") },
    { "WATCH", matters(state, "watch(X)") } }
  local any = false
  for _, list in ipairs(lists) do
    if #list[2] > 0 and not any then
      print()
      any = true
    end
    put_list(list[1], list[2])
  end
end

-- -------------------------------------------------------------------- main

local USAGE <const> =
  "usage: talks.lua KB [--at DATE] [--known-by DATE]\n"

local function options(args)
  local found, i = {}, 1
  while i <= #args do
    local name = ({ ["--at"] = "at", ["--known-by"] = "known_by" })[args[i]]
    if name then found[name], i = args[i + 1], i + 1
    elseif args[i]:find "^%-" or found.path then return {}
    else found.path = args[i] end
    i = i + 1
  end
  return found
end

local function report(base, view, path)
  local state = case.open(base, view)
  local list = case.questions(state)
  local stand = case.standing(view)
  header(state, list)
  for _, q in ipairs(list) do put_question(state, q, stand) end
  for _, q in ipairs(list) do
    if q.why then put_why(state, q, path) end
  end
  whatif.put(state, list, path, function(day)
    return assert(base:view { at = day, known_by = day })
  end)
  put_margin(state)
end

local function main(args)
  local given = options(args)
  if not given.path then
    io.stderr:write(USAGE)
    return 2
  end
  local kb <close> = assert(dragoman.open(given.path))
  kb:use "outcomes"
  local view <close> = assert(kb:view { at = given.at,
    known_by = given.known_by })
  report(kb, view, given.path)
  return 0
end

local status = main(arg or { ... })
if status ~= 0 then os.exit(status) end
