import { build, buildPageInBackground, ensureInstalled, requireNode } from './install.mjs';

requireNode();
ensureInstalled({ dev: false });
build('apps/standalone');
// Started for one clip, the server ends before anybody could open the page.
if (!process.argv.includes('--once')) {
  const builder = buildPageInBackground();
  process.once('exit', () => builder.kill());
}
await import('./dist/main.js');
