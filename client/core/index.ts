export { createCore, type Core, type CoreOptions } from './core.js';
export type { CoreLog, JourneyPoint, LogEvent, LogFields } from './log.js';
export type { KeyVault } from './storage/key-vault.js';
export type { KeyProtection } from './storage/profile.js';
