import { build, buildPageInBackground, ensureInstalled, requireNode } from './install.mjs';

requireNode();
ensureInstalled({ dev: false });
build('apps/standalone');
buildPageInBackground();
await import('./dist/main.js');
