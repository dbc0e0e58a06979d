export { objectionsTo } from './axe.ts';
export { describeInBrowser, launchChromium, UNTRUSTED_HOST } from './browser.ts';
export { overflowOf } from './upload-page.ts';
