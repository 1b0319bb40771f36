import type { UnixMs } from '@sotto/protocol/ids';

/** A peer that keeps sending what cannot be opened must not make this device start sessions without end. */
const RESET_INTERVAL_MS = 3_600_000;

/**
 * May the session with a device be archived and begun anew because a message of its could not be decrypted (SPEC §5.7)?
 * `lastReset` is when that was last done for this device. A time from the future is a clock that was wrong.
 */
export const isResetAllowed = (lastReset: UnixMs | undefined, now: UnixMs): boolean =>
  lastReset === undefined || lastReset > now || now - lastReset >= RESET_INTERVAL_MS;
