// Runs each query of the arguments in DuckDB and prints its rows as a line of JSON.
const { DuckDBInstance } = require('@duckdb/node-api');

(async () => {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  for (const query of process.argv.slice(2)) {
    const reader = await connection.runAndReadAll(query);
    console.log(JSON.stringify(reader.getRowObjectsJson()));
  }
})().catch((error) => {
  console.error(String(error));
  process.exit(1);
});
