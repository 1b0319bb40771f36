import { sha256 } from '../backend/noble.js';
import { labelBytes } from '../bytes.js';
import { AccessKeyVerifier, type AccessKey } from '../keys.js';
import { LABELS } from '../labels.js';

/**
 * What the server keeps of an access key (SPEC §4.5): a hash, so that a copy of its database opens nothing. 32 bytes.
 * The key has 128 bits from a random profile key: there is nothing to guess, and no stretch is needed.
 */
export const accessKeyVerifier = (accessKey: AccessKey): AccessKeyVerifier =>
  AccessKeyVerifier.of(sha256(labelBytes(LABELS.accessKeyVerifier), accessKey.unwrap()));
