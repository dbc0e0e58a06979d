import { isMainThread } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

// `--import tsx` alone leaves worker threads without TypeScript on Node 20: it registers itself in the main thread only.
if (!isMainThread) register();
