import { createRequire } from 'node:module';

const manifest = createRequire(import.meta.url)('../package.json') as { readonly version: string };

/** Version of the API, as its description tells it. */
export const API_VERSION: string = manifest.version;
