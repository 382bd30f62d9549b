--- Random programs over graphs of 20 to 200 nodes: recursive joins of binary
-- relations, so that representations change while a program runs.
--
--   r1, r2   edges; r3  some nodes
--   q1 …     binary and recursive, mutually too: bodies are chains and cycles
--            of edges that run either way, heads their ends in either order
--   v1, v2   unary and recursive, negation in cycles
--   t1, n1   what lies on a cycle; how many there are
--   d1       least numbers of steps

local graphs = {}

-- How nodes are numbered: {first, step}.  Dense and sparse, of one byte up to
-- eight, on both sides of zero.
local NUMBERINGS = { { 0, 1 }, { 0, 1 }, { 0, 1 }, { -30, 1 }, { 250, 3 },
  { 65500, 1 }, { 2000000000, 9999999 }, { -7, 1 << 40 } }

local EDGES = { "r1", "r2" }
local VARIABLES = { "X", "Y", "Z", "W" }

--- How many edges keep the closure of a graph, even without direction, small.
local function edge_count(rnd, n)
  if n <= 30 then return n // 2 + rnd(n) end
  if n <= 60 then return n // 3 + rnd(n // 4) end
  return n // 4 + rnd(n // 6)
end

local function node(rnd, g) return g.first + (rnd(g.nodes) - 1) * g.step end

local function add_graph(rnd, p, g, declare)
  for _, name in ipairs(EDGES) do
    declare(p, name, { "int", "int" })
    for _ = 1, edge_count(rnd, g.nodes) do
      p.facts[#p.facts + 1] = ("%s(%d, %d)."):format(name, node(rnd, g),
        node(rnd, g))
    end
  end
  declare(p, "r3", { "int" })
  for _ = 1, rnd(g.nodes // 4) do
    p.facts[#p.facts + 1] = ("r3(%d)."):format(node(rnd, g))
  end
end

--- An edge between two variables, run either way.
local function edge(rnd, pool, x, y)
  if rnd(3) == 1 then x, y = y, x end
  return ("%s(%s, %s)"):format(pool[rnd(#pool)], x, y)
end

--- A chain of `length` edges from X on; with `closed`, the last leads to X.
local function chain(rnd, pool, length, closed)
  local body = {}
  for i = 1, length do
    local to = closed and i == length and VARIABLES[1] or VARIABLES[i + 1]
    body[i] = edge(rnd, pool, VARIABLES[i], to)
  end
  return body, VARIABLES[closed and length or length + 1]
end

--- What narrows a body over X and `last`.
local function condition(rnd, g, last)
  local dice = rnd(5)
  if dice == 1 then return "X != " .. last end
  if dice == 2 then return ("X < %d"):format(node(rnd, g)) end
  if dice == 3 then return "r3(" .. last .. ")" end
  if dice == 4 then return "not r3(X)" end
  return ("not r%d(X, %s)"):format(rnd(2), last)
end

local function head(rnd, g, name, last)
  local dice = rnd(8)
  local x, y = "X", last
  if dice <= 3 then x, y = y, x end
  if dice == 4 then x = tostring(node(rnd, g)) end
  if dice == 5 then y = x end
  return ("%s(%s, %s)"):format(name, x, y)
end

local function add_binary(rnd, p, g, name, pool, put)
  put(p, head(rnd, g, name, "Y"), { edge(rnd, EDGES, "X", "Y") })
  for _ = 1, rnd(2) do
    local closed = rnd(3) == 1
    local length = closed and 3 or rnd(3)
    -- A long chain of large relations is more than the oracle can do.
    local body, last = chain(rnd, length < 3 and pool or EDGES, length, closed)
    body[1] = body[1]:gsub("^%w+", name, rnd(3) == 1 and 0 or 1)
    if rnd(3) == 1 then body[#body + 1] = condition(rnd, g, last) end
    put(p, head(rnd, g, name, last), body)
  end
end

local function add_unary(rnd, p, g, pool, declare, put)
  declare(p, "v1", { "int" })
  put(p, "v1(X)", { rnd(2) == 1 and "r3(X)"
    or ("X = %d"):format(node(rnd, g)) })
  put(p, "v1(Y)", { "v1(X)", edge(rnd, pool, "X", "Y") })
  declare(p, "v2", { "int" })
  put(p, "v2(X)", { edge(rnd, EDGES, "X", "Y"),
    ({ "not v2(Y)", "not v1(Y)", "not v1(X)" })[rnd(3)] })
end

--- Cycles of three or four edges, all of them or their number.
local function add_cycles(rnd, p, pool, declare, put)
  local length = rnd(3) == 1 and 4 or 3
  pool = length == 4 and EDGES or pool
  if rnd(2) == 1 then
    local kinds = {}
    for i = 1, length do kinds[i] = "int" end
    declare(p, "t1", kinds)
    put(p, ("t1(%s)"):format(table.concat(VARIABLES, ", ", 1, length)),
      (chain(rnd, pool, length, true)))
  end
  local body = chain(rnd, pool, length, true)
  if rnd(2) == 1 then
    declare(p, "n1", { "int" })
    put(p, "n1(count())", body)
  else
    declare(p, "n1", { "int", "int" })
    if length == 3 and rnd(2) == 1 then -- a clique of four
      for _, x in ipairs { "X", "Y", "Z" } do
        body[#body + 1] = edge(rnd, pool, x, "W")
      end
    end
    put(p, "n1(X, count(Y))", body)
  end
end

local function add_steps(rnd, p, g, declare, put)
  declare(p, "d1", { "int", "int" })
  put(p, "d1(X, min(0))", { ("X = %d"):format(node(rnd, g)) })
  put(p, ("d1(Y, min(D + %d))"):format(rnd(2) - 1),
    { "d1(X, D)", edge(rnd, EDGES, "X", "Y") })
end

--- Fill a program.
function graphs.fill(rnd, p, declare, put)
  local numbering = NUMBERINGS[rnd(#NUMBERINGS)]
  local g = { nodes = 20 + (rnd(3) == 1 and rnd(180) or rnd(40)),
    first = numbering[1], step = numbering[2] }
  add_graph(rnd, p, g, declare)
  local pool, names = { "r1", "r2" }, {}
  for i = 1, rnd(3) do
    names[i] = "q" .. i
    pool[#pool + 1] = names[i]
    declare(p, names[i], { "int", "int" })
  end
  for _, name in ipairs(names) do add_binary(rnd, p, g, name, pool, put) end
  if rnd(2) == 1 then add_unary(rnd, p, g, pool, declare, put) end
  if rnd(2) == 1 then add_cycles(rnd, p, pool, declare, put) end
  if rnd(3) == 1 then add_steps(rnd, p, g, declare, put) end
  p.node = function() return tostring(node(rnd, g)) end
end

return graphs
