--- Deterministic facts for the benchmark:
-- lua5.4 tests/bench/gen.lua FOLDER DATA [quick].
--
-- Writes FOLDER/RELATION.facts, tab-separated integers.  The shapes and sizes
-- are those of the usual cases (random graph, chain, tree, local points-to, …);
-- the same numbers come out on every machine.  With "quick", the same shapes in
-- small.

local folder, case, quick = arg[1], arg[2], arg[3] == "quick"

local function size(full, small) return quick and small or full end

-- xorshift64* (Vigna 2016), so that nothing depends on the Lua version.
local state

local function seed(n) state = (n * 2654435769 + 88172645463325252) | 1 end

--- An integer from 0 to n - 1.
local function random(n)
  local s = state
  s = s ~ (s >> 12)
  s = s ~ (s << 25)
  s = s ~ (s >> 27)
  state = s
  return ((s * 0x2545F4914F6CDD1D) >> 33) % n
end

local function between(lo, hi) return lo + random(hi - lo + 1) end

--- Write rows given as texts, in batches.
local function writer(relation)
  local file = assert(io.open(folder .. "/" .. relation .. ".facts", "w"))
  local lines, n = {}, 0
  local self = {}
  function self.put(...)
    n = n + 1
    lines[n] = table.concat({ ... }, "\t")
    if n == 4096 then
      file:write(table.concat(lines, "\n", 1, n), "\n")
      n = 0
    end
  end
  function self.close()
    if n > 0 then file:write(table.concat(lines, "\n", 1, n), "\n") end
    file:close()
  end
  return self
end

--- Call put(a, b) for m different pairs of different numbers below n.
local function pairs_of(n, m, put)
  local seen, count = {}, 0
  while count < m do
    local a, b = random(n), random(n)
    local key = a * n + b
    if a ~= b and not seen[key] then
      seen[key], count = true, count + 1
      put(a, b)
    end
  end
  return seen
end

local function edges(n, m)
  local out = writer "edge"
  pairs_of(n, m, out.put)
  out.close()
end

local function one_source()
  local out = writer "source"
  out.put(0)
  out.close()
end

local cases = {}

function cases.tc_rand()
  seed(1)
  edges(size(2000, 100), size(8000, 400))
end

function cases.tc_chain()
  local out = writer "edge"
  for i = 0, size(2999, 99) do out.put(i, i + 1) end
  out.close()
end

-- A root with `wide` children (nil: two or three); below it, in all `levels`
-- deep, everyone has two or three.
local function tree(levels, wide)
  local out, layer, id = writer "edge", { 0 }, 1
  for level = 1, levels do
    local next_layer = {}
    for _, parent in ipairs(layer) do
      for _ = 1, level == 1 and wide or between(2, 3) do
        out.put(parent, id)
        next_layer[#next_layer + 1] = id
        id = id + 1
      end
    end
    layer = next_layer
  end
  out.close()
end

function cases.sg_tree()
  seed(2)
  tree(size(9, 5))
end

-- All edges are short (at most 40), so feedback stays in a neighbourhood.
function cases.andersen()
  seed(3)
  local n = size(200000, 2000)
  local sizes = { { "addr", n // 2 }, { "assign", n * 3 // 4 },
    { "load", n // 20 }, { "store", n // 20 } }
  for _, entry in ipairs(sizes) do
    local out = writer(entry[1])
    for _ = 1, entry[2] do
      local a = random(n)
      out.put(a, math.max(0, math.min(n - 1, a + between(-40, 40))))
    end
    out.close()
  end
end

-- Many small procedures: assignments mostly to variables close by, a third
-- as many dereferences, now and then an assignment from another procedure.
function cases.cspa()
  seed(4)
  local assign, dereference, base = writer "assign", writer "dereference", 0
  for _ = 1, size(3000, 20) do
    local k = between(20, 60)
    for i = 1, k - 1 do
      assign.put(base + i, base + between(math.max(0, i - 6), i - 1))
      if random(100) < 12 then assign.put(base + i, base + random(i)) end
    end
    for _ = 1, k // 3 do
      dereference.put(base + random(k), base + random(k))
    end
    if base > 0 and random(100) < 5 then
      assign.put(base, between(math.max(0, base - 400), base - 1))
    end
    base = base + k
  end
  assign.close()
  dereference.close()
end

function cases.reach()
  seed(5)
  edges(size(400000, 4000), size(1000000, 10000))
  one_source()
end

function cases.sssp()
  seed(6)
  local out = writer "edge"
  pairs_of(size(50000, 500), size(300000, 3000), function(a, b)
    out.put(a, b, between(1, 100))
  end)
  out.close()
  one_source()
end

function cases.agg()
  seed(7)
  local out = writer "sale"
  for i = 0, size(999999, 9999) do
    out.put(i, random(size(50000, 500)), random(1000))
  end
  out.close()
end

-- b: half of the rows of a, and half a million others.
function cases.neg()
  seed(8)
  local a, b = writer "a", writer "b"
  local n, i = size(1000000, 10000), 0
  local seen = pairs_of(n, n, function(x, y)
    a.put(x, y)
    if i % 2 == 0 then b.put(x, y) end
    i = i + 1
  end)
  local count = 0
  while count < n // 2 do
    local x, y = random(n), random(n)
    if x ~= y and not seen[x * n + y] then
      seen[x * n + y], count = true, count + 1
      b.put(x, y)
    end
  end
  a.close()
  b.close()
end

function cases.bulk()
  seed(9)
  local out = writer "f"
  local n = size(1 << 24, 1 << 8)
  for _ = 1, size(10000000, 20000) do out.put(random(n), random(n)) end
  out.close()
end

-- Edges that lead upwards; a node x is met the more often the smaller it is,
-- so that adjacency lists are of very different lengths.
function cases.cliques()
  seed(10)
  local out, n = writer "edge", size(8000, 200)
  local seen, count = {}, 0
  while count < size(200000, 3000) do
    local a = random(n) * random(n) // n
    local b = random(n) * random(n) // n
    if a > b then a, b = b, a end
    if a ~= b and not seen[a * n + b] then
      seen[a * n + b], count = true, count + 1
      out.put(a, b)
    end
  end
  out.close()
end

function cases.win()
  seed(11)
  local out = writer "move"
  pairs_of(size(300000, 3000), size(1000000, 10000), out.put)
  out.close()
end

-- Triples over names: a tree of classes with a few more edges, one of
-- properties with domains and ranges, and things of which most is said with few
-- properties.
function cases.rdfs()
  seed(14)
  local out = writer "triple"
  local nclasses, nproperties = size(600, 60), size(60, 12)
  local nthings, nsaid = size(60000, 300), size(180000, 900)
  local function class(i) return "ont#Class" .. i end
  local function property(i) return "ont#property" .. i end
  for i = 1, nclasses - 1 do
    for _ = 1, random(8) == 0 and 2 or 1 do
      out.put(class(i), "rdfs:subClassOf", class(random(i)))
    end
  end
  for i = 0, nproperties - 1 do
    if i > 0 then
      out.put(property(i), "rdfs:subPropertyOf", property(random(i)))
    end
    out.put(property(i), "rdfs:domain", class(random(nclasses)))
    out.put(property(i), "rdfs:range", class(random(nclasses)))
  end
  for i = 0, nthings - 1 do
    out.put("thing#" .. i, "rdf:type", class(random(nclasses)))
  end
  for _ = 1, nsaid do
    out.put("thing#" .. random(nthings),
      property(random(nproperties) * random(nproperties) // nproperties),
      "thing#" .. random(nthings))
  end
  out.close()
end

-- Closures and generations of 1, 3, 10 and 30 million rows: nodes of the graph,
-- children of the root.
local GROWTH = { ["1m"] = { 1020, 5 }, ["3m"] = { 1770, 8 },
  ["10m"] = { 3230, 14 }, ["30m"] = { 5590, 24 } }

for name, growth in pairs(GROWTH) do
  cases["tc_" .. name] = function()
    seed(12)
    local n = size(growth[1], growth[1] // 20)
    edges(n, 4 * n)
  end
  cases["sg_" .. name] = function()
    seed(13)
    tree(size(7, 3), growth[2])
  end
end

if not cases[case] then
  io.stderr:write("no facts are made for ", tostring(case), "\n")
  os.exit(3)
end
cases[case]()
