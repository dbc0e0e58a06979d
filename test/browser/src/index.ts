export { objectionsTo } from './axe.ts';
export { describeInBrowser, launchChromium } from './browser.ts';
export { overflowOf } from './upload-page.ts';
