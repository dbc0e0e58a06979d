import { build, ensureInstalled, requireNode } from '../apps/standalone/install.mjs';
import { runNode, withBroker } from './run-node.mjs';

// Measures: `npm run bench -- drain --driver rabbitmq --direct`. Without a broker that is named, the one of the tests serves.

const args = process.argv.slice(2);
const isNamed = args.some((arg) => /^--url\b/.test(arg)) || Boolean(process.env.LEVERET_AMQP_URL);
const isSqlite = /--driver[= ]sqlite\b/.test(args.join(' '));
const isHelp = args.length === 0 || args.some((arg) => arg === '--help' || arg === '-h');
const needsBroker = !isNamed && !isSqlite && !isHelp;

requireNode();
ensureInstalled({ dev: needsBroker });
build('apps/cli');
const bench = ['apps/cli/dist/main.js', 'bench', ...args];
process.exit(await runNode(needsBroker ? withBroker(bench) : bench));
