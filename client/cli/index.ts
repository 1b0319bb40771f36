export { lineChannel } from './line-channel.js';
