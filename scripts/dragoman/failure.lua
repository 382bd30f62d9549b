-- How the Lua half fails: nil, message, code, and the diagnostics when there
-- are any. Mistakes of the caller's program raise instead.

local diag = require "dragoman.diag"

local M = {}

--- Is there an error among the diagnostics (not only warnings)?
function M.has_errors(list)
  for _, d in ipairs(list) do
    if d.severity ~= "warning" then return true end
  end
  return false
end

--- The errors of a list, without the warnings.
function M.errors(list)
  local errors = {}
  for _, d in ipairs(list) do
    if d.severity ~= "warning" then errors[#errors + 1] = d end
  end
  return errors
end

--- The results of a function that failed over diagnostics: its errors. Warnings
-- are for `dragoman check`.
function M.check(list)
  local errors = M.errors(list)
  return nil, diag.format_all(errors), "check", errors
end

return M
