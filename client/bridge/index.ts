export * from './api.js';
export * from './channel.js';
export * from './errors.js';
export * from './rpc.js';
export * from './rpc-client.js';
export * from './rpc-server.js';
export * from './views.js';
