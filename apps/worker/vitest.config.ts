export { units as default } from '../../vitest.shared.ts';
