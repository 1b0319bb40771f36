export * from './api.js';
export * from './errors.js';
export * from './rpc.js';
export * from './views.js';
