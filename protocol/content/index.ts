export * from './content.js';
export { CONTENT_LIMITS } from './limits.js';
export { paddedLength } from './padding.js';
