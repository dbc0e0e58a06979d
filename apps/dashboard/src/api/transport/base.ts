/** Where the server is mounted: it writes this into the page. */
const prefix = document.querySelector<HTMLMetaElement>('meta[name="leveret-prefix"]')?.content ?? '';

/** Path of the page. */
export const PAGE_PATH = `${prefix}/admin`;
/** Path of the admin API. */
export const API_PATH = `${prefix}/v1/admin`;
