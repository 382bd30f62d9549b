--- The cases of the benchmark.
--
-- name     also that of the facts (gen.lua), unless `data` says otherwise
-- program  programs/PROGRAM.dm and the peers' programs; default: the name
-- kernels  kernels/KERNEL.c, the fastest of which is the limit
-- exported relations of one row whose contents are compared, in the place of
--          how many rows the derived relations have
-- group    twelve: the usual cases; cyclic; triples; game; growth: by the
--          size of the result.  A group can be named in the place of its cases; `own`
--          are those of store.lua

local CLOSURE = { "tc_bits", "tc_hash" }

local cases = {
  { name = "tc_rand", program = "tc", kernels = CLOSURE },
  { name = "tc_chain", program = "tc", kernels = CLOSURE },
  { name = "tc_wiki", program = "tc", kernels = CLOSURE },
  { name = "sg_tree", program = "sg", kernels = { "sg" } },
  { name = "andersen" },
  { name = "cspa" },
  { name = "galen" },
  { name = "reach", kernels = { "reach" } },
  { name = "sssp", kernels = { "sssp" }, exported = { "total" } },
  { name = "agg", kernels = { "agg" }, exported = { "total" } },
  { name = "neg", kernels = { "neg" } },
  { name = "bulk", kernels = { "bulk" } },
}
for _, case in ipairs(cases) do case.group = "twelve" end

local function add(group, case)
  case.group = group
  cases[#cases + 1] = case
end

add("cyclic", { name = "triangles", data = "cliques",
  kernels = { "triangles" }, exported = { "triangles" } })
add("cyclic", { name = "cliques4", data = "cliques",
  kernels = { "cliques4" }, exported = { "cliques" } })
add("triples", { name = "rdfs" })
add("game", { name = "win", kernels = { "win" } })

for _, size in ipairs { "1m", "3m", "10m", "30m" } do
  add("growth", { name = "tc_" .. size, program = "tc", kernels = CLOSURE })
end
for _, size in ipairs { "1m", "3m", "10m", "30m" } do
  add("growth", { name = "sg_" .. size, program = "sg", kernels = { "sg" } })
end

for _, case in ipairs(cases) do
  case.program = case.program or case.name
  case.data = case.data or case.name
  case.kernels = case.kernels or {}
end

return cases
