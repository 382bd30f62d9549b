-- Lookups in what is stored, and in what stored rules make of it, without the
-- rule library.
--
-- Making the program of a view means to parse and check all rule modules,
-- which takes longer than a question about imported rows needs. Where these
-- cannot say anything about a relation, a view of the same statements without
-- modules gives the same answers: no module has the relation's name in it, nor
-- any word of a stored rule or declaration, and nothing is stored that modules
-- could bring to bear on it (claims, judgements). What such a view finds wrong
-- with a goal is not reported: the whole program is asked then.

local schemas = require "dragoman.schema"

local M = {}

-- Kinds of statements that mean the same with and without the library.
local PLAIN = { import = true, fact = true, declaration = true, rule = true }

-- Words that mean the same in every text.
local WORDS = {}
for word in ([[and as asserted by count date div during event export float from
  if import int interval list max mean min mod not or private relation state
  sum symbol term to]]):gmatch "%l+" do
  WORDS[word] = true
end

local MOST = 1000 -- statements to look through

-- Does the text have the word? Most places where a short one is found are
-- inside longer words.
local function has_word(text, word)
  local from, to = text:find(word, 1, true)
  while from do
    local before = text:sub(from - 1, from - 1)
    local after = text:sub(to + 1, to + 1)
    if not before:find "[%w_]" and not after:find "[%w_]" then return true end
    from, to = text:find(word, to + 1, true)
  end
  return false
end

local function find_mention(modules, name)
  for _, module in ipairs(modules) do
    for _, f in ipairs(module.functions) do
      if f.name == name then return true end
    end
    for _, item in ipairs(module.texts) do
      if has_word(item.text, name) then return true end
    end
  end
  return false
end

-- Does some module have the name, or the engine a relation of its own? Kept
-- for as long as the rules are the same: looking takes longer than the lookup.
local function is_mentioned(kb, name)
  local known = kb.mentions
  if not known or known.version ~= kb.rules_version then
    known = { version = kb.rules_version, names = {} }
    kb.mentions = known
  end
  if known.names[name] == nil then
    known.names[name] = schemas.is_builtin(name)
      or find_mention(kb.modules, name)
  end
  return known.names[name]
end

-- Is there a word in the text that modules may have to do with? Names begin
-- with a small letter; what is between quotes is no name, and what stands
-- before a colon names a column or a rule.
local function is_touched(kb, text)
  if not text:find "\\" and not text:find("--", 1, true) then
    text = text:gsub('"[^"]*"', '""')
  end
  for word, mark in text:gmatch "%f[%w_](%l[%w_]*)%s*(:?[:-]?)" do
    if mark ~= ":" and not WORDS[word] and is_mentioned(kb, word) then
      return true
    end
  end
  return false
end

local function is_plain(view)
  if view.core:count() > MOST then return false end
  for _, st in ipairs((view:visible())) do
    if not PLAIN[st.kind] or st.label
      or st.text and is_touched(view.kb, st.text) then
      return false
    end
  end
  return true
end

-- A knowledge base like another one, without its modules.
local function without_modules(kb)
  return setmetatable({ modules = {}, views = {} }, { __index = kb })
end

--- A view of the same statements without the rule library, that gives the same
-- answers to a goal which is an atom of this relation; nil: there is none.
function M.view_for(view, name)
  local kb = view.kb
  if view.program or #kb.modules == 0 or kb.broken or kb.keep_builtin
    or #kb.chunks > 0 or is_mentioned(kb, name) then
    return nil
  end
  if view.bare == nil or view.bare_version ~= kb.rules_version then
    view.bare_version = kb.rules_version
    view.bare = is_plain(view) and view:like(without_modules(kb)) or false
  end
  local bare = view.bare
  if not bare or not bare:prepared() or #bare.build.diagnostics > 0
    or not bare:has_relation(name) then
    return nil
  end
  return bare
end

return M
