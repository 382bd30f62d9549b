-- `dragoman explain`: a program at each stage between text and model.

local eval = require "dragoman.eval"
local grammar = require "dragoman.grammar"
local syntax = require "dragoman.syntax"
local values = require "dragoman.values"

local M = {}

local function ast(path)
  local text, problem = eval.read_file(path)
  if not text then return nil, problem end
  local chunk, list = grammar.parse(text, path)
  if #list > 0 then return nil, nil, list end
  return syntax.dump(chunk)
end

local function checked(path, options)
  local program, problem, list = eval.read(path)
  if not program then return nil, problem, list end
  local name, vars
  if options.goal then
    name, vars = program:goal(options.goal)
    if not name then return nil, nil, vars end
  end
  local ok, message, found = program:check(options)
  if not ok then return nil, message, found end
  return program, name, vars
end

local function stage(name)
  return function(path, options)
    local program, problem, list = checked(path, options)
    if not program then return nil, problem, list end
    return program.program:print(name)
  end
end

local function demand(path, options)
  if not options.goal then return nil, "explain --demand needs a goal" end
  local program, name, list = checked(path, options)
  if not program then return nil, name, list end
  local made, problem = program:demand(name)
  if not made then return nil, problem end
  return program.less:print "rules"
end

local function evaluated(path, options, proves)
  local program, name, vars = checked(path, options)
  if not program then return nil, name, vars end
  local ok, list = program:import(options.folder, options.threads)
  if not ok then return nil, nil, list end
  local model, message = program:evaluate(options, proves)
  if not model then return nil, message end
  return program, name, vars
end

local function plan(path, options)
  local program, problem, list = evaluated(path, options)
  if not program then return nil, problem, list end
  return program.model:plan()
end

-- ------------------------------------------------------------------- proofs

local function atom_text(node)
  local parts = {}
  for i, arg in ipairs(node.args or {}) do
    parts[i] = arg and values.show(arg) or "_"
  end
  local name = node.relation
  if #parts == 0 then return name .. "()" end
  return name .. "(" .. table.concat(parts, ", ") .. ")"
end

local function rule_name(program, index)
  local rule = program.table.rules[index]
  if not rule then return "" end
  local name = rule.name and rule.name .. ", " or ""
  local span = rule.span
  return span and string.format("  [%sline %d]", name, span[2]) or ""
end

local NOTES = { absent = "not found", disputed = "disputed", seen = "above",
  input = "given" }

local function node_text(program, nodes, i)
  local node = nodes[i]
  if node.kind == "test" then return node.text or "" end
  local text = (node.kind == "absent" and "not " or "")
    .. (node.text or atom_text(node))
  if NOTES[node.kind] then text = text .. "  (" .. NOTES[node.kind] .. ")" end
  if node.rule then text = text .. rule_name(program, node.rule) end
  if node.omitted then
    text = text .. string.format("  (%d more rows)", node.omitted)
  end
  return text
end

local function tree(program, nodes, i, prefix, last, out)
  local root = prefix == nil
  out[#out + 1] = (root and "" or prefix .. (last and "'- " or "|- "))
    .. node_text(program, nodes, i)
  local inner = root and "" or prefix .. (last and "   " or "|  ")
  local children = nodes[i].children
  for k, child in ipairs(children) do
    tree(program, nodes, child, inner, k == #children, out)
  end
end

-- The goal's own rule is left out: its conditions are the roots.
local function proof_of(program, name, row)
  local nodes, message = program.model:proof(name, row)
  if not nodes then return nil, message end
  local out = {}
  for _, child in ipairs(nodes[1].children) do
    tree(program, nodes, child, nil, true, out)
  end
  return table.concat(out, "\n")
end

local MOST_PROOFS = 20

local function proof(path, options)
  if not options.goal then
    return nil, "explain --proof needs a goal"
  end
  local program, name, list = evaluated(path, options, true)
  if not program then return nil, name, list end
  local rows, message = program.model:rows(name)
  if not rows then return nil, message end
  if #rows == 0 then return "no answer to explain\n" end
  local out = {}
  for i = 1, math.min(#rows, MOST_PROOFS) do
    local text, problem = proof_of(program, name, rows[i])
    if not text then return nil, problem end
    out[i] = text
  end
  if #rows > MOST_PROOFS then
    out[#out + 1] = string.format("(%d more answers)", #rows - MOST_PROOFS)
  end
  return table.concat(out, "\n\n") .. "\n"
end

M.stages = { ast = ast, rules = stage "rules", strata = stage "strata",
  demand = demand, plan = plan, proof = proof }

--- The text of a stage of the program in a file; nil, message or nil, nil,
-- diagnostics. options: goal, folder, at, known_by, threads.
function M.explain(path, name, options)
  return M.stages[name](path, options or {})
end

return M
