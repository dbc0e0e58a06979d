// Asks the server in this container how it is: `node healthcheck.mjs <variable that holds the port> <live | ready>`.
// It depends on nothing but Node, and ends with 0 when the answer is good.

/** How long the answer may take, in milliseconds: less than the deadline in the Dockerfile, so that the reason is told. */
const TIMEOUT_MS = 4_000;

const [portVariable = '', question = 'live'] = process.argv.slice(2);
const url = `http://127.0.0.1:${process.env[portVariable]}/health/${question}`;
try {
  const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  process.stdout.write(`${response.status} ${await response.text()}\n`);
  process.exitCode = response.ok ? 0 : 1;
} catch (error) {
  process.stderr.write(`${url}: ${error.cause?.message ?? error.message}\n`);
  process.exitCode = 1;
}
