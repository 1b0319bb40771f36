export * from './client-frame.js';
export * from './envelope.js';
export * from './errors.js';
export { LIFETIMES, LIMITS } from './limits.js';
export * from './rest.js';
export * from './routes.js';
export * from './server-frame.js';
