import { idBytes, type AccountId } from '@sotto/protocol/ids';
import { compareFingerprints, fingerprintOf } from '../backend/fingerprint.js';
import { fingerprintText, ScannableSafetyNumber, type AccountIdentityKey, type FingerprintText } from '../keys.js';

/** Counts up when the computation changes, so that two versions of the program do not take each other for impostors. */
const SAFETY_NUMBER_VERSION = 2;

/** An account and the key that stands for it. */
export interface SafetyNumberSide {
  readonly accountId: AccountId;
  readonly accountIdentityKey: AccountIdentityKey;
}

/** What two people compare to know that no server stands between them (SPEC §2.4). */
export interface SafetyNumber {
  /** 60 digits, the same for both. */
  readonly digits: FingerprintText;
  /** For a QR code. */
  readonly scannable: ScannableSafetyNumber;
}

/** `unreadable`: no safety number, or one of another version of the program; says nothing about the peer. */
export type SafetyNumberComparison = 'match' | 'mismatch' | 'unreadable';

const side = ({ accountId, accountIdentityKey }: SafetyNumberSide) => ({
  identifier: idBytes(accountId),
  key: accountIdentityKey,
});

/** The safety number of two accounts: their AIKs, which outlive every device. */
export const safetyNumberOf = (own: SafetyNumberSide, peer: SafetyNumberSide): SafetyNumber => {
  const { digits, scannable } = fingerprintOf(SAFETY_NUMBER_VERSION, side(own), side(peer));
  return { digits: fingerprintText(digits), scannable: ScannableSafetyNumber.of(scannable) };
};

/**
 * Compares the own safety number with what was scanned from the peer's screen (SPEC §2.4).
 * @internal until the interface can scan: the comparison is part of the specification, and its vectors hold it.
 */
export const compareSafetyNumbers = (own: SafetyNumber, scanned: ScannableSafetyNumber): SafetyNumberComparison => {
  switch (compareFingerprints(own.scannable, scanned)) {
    case true:
      return 'match';
    case false:
      return 'mismatch';
    case undefined:
      return 'unreadable';
  }
};
