import LibsignalProfileKey from '@signalapp/libsignal-client/dist/zkgroup/profiles/ProfileKey.js';
import { AccessKey, type ProfileKey } from '../keys.js';

/** The access key that a profile key gives (zkgroup's own derivation), 16 bytes. */
export const deriveAccessKey = (profileKey: ProfileKey): AccessKey =>
  AccessKey.of(new LibsignalProfileKey(profileKey.unwrap()).deriveAccessKey());
