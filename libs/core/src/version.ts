/** The version of this library. */
export const LEVERET_VERSION = '0.1.0';
