import { build, ensureInstalled, requireNode, root } from './install.mjs';

requireNode();
ensureInstalled({ dev: false });
build('apps/standalone');
await import(`${root}apps/standalone/dist/main.js`);
