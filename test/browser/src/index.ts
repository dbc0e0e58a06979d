export { objectionsTo } from './axe.ts';
export { describeInBrowser } from './browser.ts';
export { CHROMIUM_PATH, launchChromium, UNTRUSTED_HOST } from './chromium.ts';
export { overflowOf } from './upload-page.ts';
