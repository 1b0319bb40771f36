import type { LinkName } from '../../notifier/notifier.js';
import type { Bytes } from '../../storage/bytes.js';

/** The name under which processes tell each other of a link session. */
export const linkName = (linkSessionId: Bytes): LinkName => Buffer.from(linkSessionId).toString('hex');
