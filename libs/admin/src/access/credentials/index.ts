export { type GeneratedApiKey, generateApiKey } from './api-key-secret.ts';
export { generatePassword, hashPassword } from './passwords.ts';
