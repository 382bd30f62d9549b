// The cases in SQL for DuckDB: node duckdb.js PROGRAM FOLDER THREADS.
// Needs @duckdb/node-api (npm) on NODE_PATH. Prints the counts that all print.
const { DuckDBInstance } = require('@duckdb/node-api');

// Each program: the tables it reads with their columns, and a query for each
// line of the result.
const programs = {
  tc: {
    tables: { edge: 'xy' },
    path: `WITH RECURSIVE path(x, y) AS (
        SELECT x, y FROM edge
        UNION SELECT p.x, e.y FROM path p JOIN edge e ON p.y = e.x)
      SELECT count(*) FROM path`,
  },
  sg: {
    tables: { edge: 'xy' },
    sg: `WITH RECURSIVE sg(x, y) AS (
        SELECT a.y, b.y FROM edge a JOIN edge b ON a.x = b.x WHERE a.y <> b.y
        UNION SELECT a.y, b.y
          FROM edge a JOIN sg ON a.x = sg.x JOIN edge b ON sg.y = b.x)
      SELECT count(*) FROM sg`,
  },
  reach: {
    tables: { edge: 'xy', source: 'x' },
    reach: `WITH RECURSIVE reach(x) AS (
        SELECT x FROM source
        UNION SELECT e.y FROM reach r JOIN edge e ON r.x = e.x)
      SELECT count(*) FROM reach`,
  },
  sssp: {
    tables: { edge: 'xyz', source: 'x' },
    total: `WITH RECURSIVE dist(x, d) USING KEY (x) AS (
        SELECT x, 0 FROM source
        UNION SELECT next.x, next.d
          FROM (SELECT e.y AS x, min(dist.d + e.z) AS d
                FROM dist JOIN edge e ON dist.x = e.x GROUP BY e.y) next
          WHERE NOT EXISTS (SELECT 1 FROM recurring.dist old
                            WHERE old.x = next.x AND old.d <= next.d))
      SELECT count(*), sum(d) FROM dist`,
  },
  agg: {
    tables: { sale: 'xyz' },
    total: `SELECT count(*), sum(c), sum(s) FROM (
      SELECT y, count(*) AS c, sum(z) AS s
      FROM (SELECT DISTINCT x, y, z FROM sale) GROUP BY y)`,
  },
  neg: {
    tables: { a: 'xy', b: 'xy' },
    d: `SELECT count(*) FROM (SELECT x, y FROM a EXCEPT SELECT x, y FROM b)`,
    noout: `SELECT count(DISTINCT y) FROM a
      WHERE NOT EXISTS (SELECT 1 FROM a s WHERE s.x = a.y)`,
  },
  bulk: {
    tables: { f: 'xy' },
    f: `SELECT count(*) FROM (SELECT DISTINCT x, y FROM f)`,
  },
  triangles: {
    tables: { edge: 'xy' },
    triangles: `SELECT count(*) FROM edge a
      JOIN edge b ON b.x = a.y JOIN edge c ON c.x = a.x AND c.y = b.y`,
  },
  cliques4: {
    tables: { edge: 'xy' },
    cliques: `SELECT count(*) FROM edge a
      JOIN edge b ON b.x = a.y JOIN edge c ON c.x = a.x AND c.y = b.y
      JOIN edge d ON d.x = a.x
      JOIN edge e ON e.x = a.y AND e.y = d.y
      JOIN edge f ON f.x = b.y AND f.y = d.y`,
  },
};

async function main() {
  const [name, folder, threads] = process.argv.slice(2);
  const { tables, ...results } = programs[name];
  const instance = await DuckDBInstance.create(':memory:', { threads });
  const db = await instance.connect();
  for (const [table, columns] of Object.entries(tables)) {
    const types = [...columns].map((c) => `'${c}': 'INT'`).join(', ');
    await db.run(`CREATE TABLE ${table} AS SELECT * FROM read_csv(
      '${folder}/${table}.facts', delim = '\t', header = false,
      columns = {${types}})`);
  }
  for (const [relation, query] of Object.entries(results)) {
    const answer = await db.runAndReadAll(query);
    for (const row of answer.getRows()) {
      console.log([relation, ...row].join('\t'));
    }
  }
}

main().catch((problem) => {
  console.error(problem.message);
  process.exit(1);
});
