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

-- Is the name a word of some module's text?
local function is_mentioned(modules, name)
  local word = "%f[%w_]" .. name .. "%f[^%w_]"
  for _, module in ipairs(modules) do
    for _, item in ipairs(module.texts) do
      if item.text:find(word) then return true end
    end
  end
  return false
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
    or is_mentioned(kb.modules, name) then
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
