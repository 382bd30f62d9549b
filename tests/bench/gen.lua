--- Deterministic facts for the benchmark: lua5.4 tests/bench/gen.lua FOLDER CASE.
--
-- Writes FOLDER/RELATION.facts, tab-separated integers.  The shapes and sizes
-- are those of the usual cases (random graph, chain, tree, local points-to, …);
-- the same numbers come out on every machine.

local folder, case = arg[1], arg[2]

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
  edges(2000, 8000)
end

function cases.tc_chain()
  local out = writer "edge"
  for i = 0, 2999 do out.put(i, i + 1) end
  out.close()
end

-- Nine levels; everyone has two or three children.
function cases.sg_tree()
  seed(2)
  local out, layer, id = writer "edge", { 0 }, 1
  for _ = 1, 9 do
    local next_layer = {}
    for _, parent in ipairs(layer) do
      for _ = 1, between(2, 3) do
        out.put(parent, id)
        next_layer[#next_layer + 1] = id
        id = id + 1
      end
    end
    layer = next_layer
  end
  out.close()
end

-- All edges are short (at most 40), so feedback stays in a neighbourhood.
function cases.andersen()
  seed(3)
  local n = 200000
  local sizes = { { "addr", 100000 }, { "assign", 150000 }, { "load", 10000 },
    { "store", 10000 } }
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
  for _ = 1, 3000 do
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
  edges(400000, 1000000)
  one_source()
end

function cases.sssp()
  seed(6)
  local out = writer "edge"
  pairs_of(50000, 300000, function(a, b) out.put(a, b, between(1, 100)) end)
  out.close()
  one_source()
end

function cases.agg()
  seed(7)
  local out = writer "sale"
  for i = 0, 999999 do out.put(i, random(50000), random(1000)) end
  out.close()
end

-- b: half of the rows of a, and half a million others.
function cases.neg()
  seed(8)
  local a, b = writer "a", writer "b"
  local n, i = 1000000, 0
  local seen = pairs_of(n, 1000000, function(x, y)
    a.put(x, y)
    if i % 2 == 0 then b.put(x, y) end
    i = i + 1
  end)
  local count = 0
  while count < 500000 do
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
  for _ = 1, 10000000 do out.put(random(1 << 24), random(1 << 24)) end
  out.close()
end

if not cases[case] then
  io.stderr:write("no facts are made for ", tostring(case), "\n")
  os.exit(3)
end
cases[case]()
