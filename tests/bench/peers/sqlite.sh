#!/bin/sh
# The cases in SQL for SQLite: sh sqlite.sh PROGRAM FOLDER.
# Prints the counts that all print.  SQLITE names the program.
set -e
program=$1
folder=$2

# table NAME COLUMNS: read a fact file, each row once.
table() {
  echo "CREATE TABLE raw_$1($2);"
  echo ".import '$folder/$1.facts' raw_$1"
  echo "CREATE TABLE $1($(echo "$2" | sed 's/[a-z]/& INT/g'),"
  echo "  PRIMARY KEY($2)) WITHOUT ROWID;"
  echo "INSERT OR IGNORE INTO $1 SELECT * FROM raw_$1; DROP TABLE raw_$1;"
}

queries() {
  case $program in
  tc)
    table edge x,y
    echo "WITH RECURSIVE path(x, y) AS (
        SELECT x, y FROM edge
        UNION SELECT p.x, e.y FROM path p JOIN edge e ON p.y = e.x)
      SELECT 'path', count(*) FROM path;" ;;
  sg)
    table edge x,y
    echo "WITH RECURSIVE sg(x, y) AS (
        SELECT a.y, b.y FROM edge a JOIN edge b ON a.x = b.x WHERE a.y <> b.y
        UNION SELECT a.y, b.y
          FROM sg JOIN edge a ON a.x = sg.x JOIN edge b ON b.x = sg.y)
      SELECT 'sg', count(*) FROM sg;" ;;
  reach)
    table edge x,y
    table source x
    echo "WITH RECURSIVE reach(x) AS (
        SELECT x FROM source
        UNION SELECT e.y FROM reach r JOIN edge e ON r.x = e.x)
      SELECT 'reach', count(*) FROM reach;" ;;
  agg)
    table sale x,y,z
    echo "SELECT 'total', count(*), sum(c), sum(s) FROM (
      SELECT y, count(*) AS c, sum(z) AS s FROM sale GROUP BY y);" ;;
  neg)
    table a x,y
    table b x,y
    echo "SELECT 'd', count(*) FROM a WHERE NOT EXISTS (
        SELECT 1 FROM b WHERE b.x = a.x AND b.y = a.y);
      SELECT 'noout', count(DISTINCT y) FROM a WHERE NOT EXISTS (
        SELECT 1 FROM a s WHERE s.x = a.y);" ;;
  bulk)
    table f x,y
    echo "SELECT 'f', count(*) FROM f;" ;;
  triangles)
    table edge x,y
    echo "SELECT 'triangles', count(*) FROM edge a JOIN edge b ON b.x = a.y
      JOIN edge c ON c.x = a.x AND c.y = b.y;" ;;
  cliques4)
    table edge x,y
    echo "SELECT 'cliques', count(*) FROM edge a JOIN edge b ON b.x = a.y
      JOIN edge c ON c.x = a.x AND c.y = b.y JOIN edge d ON d.x = a.x
      JOIN edge e ON e.x = a.y AND e.y = d.y
      JOIN edge f ON f.x = b.y AND f.y = d.y;" ;;
  *)
    echo "sqlite.sh: no program $program" >&2
    exit 1 ;;
  esac
}

{
  echo "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
  echo "PRAGMA cache_size = -2000000;"
  echo ".mode tabs"
  queries
} | "${SQLITE:-sqlite3}" :memory: | grep -v '^off$'
