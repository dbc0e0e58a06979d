import { build, ensureInstalled, requireNode } from './install.mjs';

requireNode();
ensureInstalled({ dev: false });
build('apps/standalone');
await import('./dist/main.js');
