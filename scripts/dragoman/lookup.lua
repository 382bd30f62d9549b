-- Lookups in what is stored, without the rule library.
--
-- Making the program of a view means to parse and check all rule modules,
-- which takes longer than a question about imported rows needs. Where these
-- cannot say anything about a relation, a view of the same statements without
-- modules gives the same answers: no module's text has the relation's name in
-- it, and nothing is stored that rules could bring to bear on it (claims,
-- judgements, rules). What such a view finds wrong with a goal is not reported:
-- the whole program is asked then.

local M = {}

-- Kinds of statements that mean the same with and without the library.
local PLAIN = { import = true, fact = true, declaration = true }

local MOST = 1000 -- statements to look through

local function find_mention(modules, name)
  local word = "%f[%w_]" .. name .. "%f[^%w_]"
  for _, module in ipairs(modules) do
    for _, item in ipairs(module.texts) do
      if item.text:find(name, 1, true) and item.text:find(word) then
        return true
      end
    end
  end
  return false
end

-- Is the name a word of some module's text? Kept for as long as the rules are
-- the same: looking takes longer than the lookup.
local function is_mentioned(kb, name)
  local known = kb.mentions
  if not known or known.version ~= kb.rules_version then
    known = { version = kb.rules_version, names = {} }
    kb.mentions = known
  end
  if known.names[name] == nil then
    known.names[name] = find_mention(kb.modules, name)
  end
  return known.names[name]
end

local function is_plain(view)
  if view.core:count() > MOST then return false end
  for _, st in ipairs((view:visible())) do
    if not PLAIN[st.kind] or st.label then return false end
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
  if view.program or kb.broken or kb.keep_builtin or #kb.chunks > 0
    or is_mentioned(kb, name) then
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
