export { constantTimeEqual } from './constant-time.js';
export type { Clock, RandomSource } from './environment.js';
export { deviceIdOf } from './identity/device-id.js';
export * from './keys.js';
export { Secret, wipe } from './secret.js';
