import { shared } from '../../vitest.shared.ts';

/** Scripts are run as processes, on machines that are busy. */
export default shared;
