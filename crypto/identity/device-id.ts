import { deviceIdFromBytes, ID_LENGTH, type DeviceId } from '@sotto/protocol/ids';
import { sha256 } from '../backend/noble.js';
import { labelBytes } from '../bytes.js';
import { certain } from '../certain.js';
import type { IdentityPublicKey } from '../keys.js';
import { LABELS } from '../labels.js';

const UUID_VERSION_8 = 0x80;
const UUID_VARIANT = 0x80;

/**
 * The id of the device that has this identity key (SPEC §2.2): UUIDv8 of SHA-256(label ‖ IK). Whoever knows the id can
 * tell a foreign key by this alone, so no device key is ever trusted on first use.
 */
export const deviceIdOf = (identityKey: IdentityPublicKey): DeviceId => {
  const digest = sha256(labelBytes(LABELS.deviceId), identityKey).subarray(0, ID_LENGTH);
  const bytes = new DataView(digest.buffer, digest.byteOffset, ID_LENGTH);
  bytes.setUint8(6, (bytes.getUint8(6) & 0x0f) | UUID_VERSION_8);
  bytes.setUint8(8, (bytes.getUint8(8) & 0x3f) | UUID_VARIANT);
  return certain(deviceIdFromBytes(digest), '16 bytes with version and variant set are a device id');
};
