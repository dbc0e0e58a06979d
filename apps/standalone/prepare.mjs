import { build, buildPageInBackground, ensureInstalled, requireNode } from './install.mjs';

// Makes an application ready to run: `node apps/standalone/prepare.mjs apps/api`.

requireNode();
ensureInstalled({ dev: false });
for (const project of process.argv.slice(2)) build(project);
if (process.argv.includes('apps/api')) buildPageInBackground();
