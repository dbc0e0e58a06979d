export { type ApiConfig, type ApiSettings, apiSettings, isLoopback, toApiConfig } from './config.ts';
export { prepareFolders } from './data-folders.ts';
export { type LoginOptions, openLogin } from './login.ts';
export { publicJobs } from './public-jobs.ts';
export { type Api, type StartApiOptions, startApi } from './server.ts';
export { type DriverConfig, type Drivers, openDrivers } from './wiring.ts';
