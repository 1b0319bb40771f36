import { BridgeError, type BridgeErrorCode, type BridgeFailure } from '@sotto/client/bridge';
import type { ErrorCode } from '@sotto/protocol/wire';
import type { Away, Refused } from '../net/types.js';
import type { AccountResult, Failed } from './types.js';

export const failed = (code: BridgeErrorCode, params: BridgeFailure['params'] = {}): Failed => ({
  outcome: 'failed',
  failure: { code, params },
});

/** Throws what a person is told. */
export const valueOf = <T>(result: AccountResult<T>): T => {
  if (result.outcome === 'ok') return result.value;
  throw new BridgeError(result.failure.code, result.failure.params);
};

const codeOf = (code: ErrorCode): BridgeErrorCode => {
  switch (code) {
    case 'usernameTaken':
    case 'emailTaken':
    case 'accountExists':
    case 'wrongCredentials':
    case 'secondFactorRequired':
    case 'wrongSecondFactor':
    case 'accountDisabled':
    case 'inviteRequired':
    case 'inviteUnknown':
    case 'mailCodeUnknown':
    case 'mailOff':
    case 'linkingLocked':
    case 'rateLimited':
    case 'reverseLinkingOff':
    case 'linkCodeUnknown':
    case 'linkCodeUsed':
    case 'linkCodeExpired':
    case 'tooManyDevices':
      return code;
    case 'secondFactorOn':
    case 'secondFactorOff':
    case 'linkUnderWay':
    case 'linkOutOfTurn':
    case 'linkEnded':
      return 'notNow';
    case 'unauthorized':
    case 'tokenExpired':
    case 'refreshTokenReused':
      return 'signedOut';
    case 'internal':
    case 'serverRestored':
    case 'serverBusy':
      return 'serverAway';
    case 'notFound':
    case 'methodNotAllowed':
    case 'unsupportedMediaType':
      return 'notASottoServer';
    case 'badRequest':
    case 'invalidSignature':
    case 'invalidDeviceList':
    case 'invalidPreKeys':
    case 'accessDenied':
    case 'deviceNotListed':
    case 'forbiddenOrigin':
    case 'unknownRecipient':
    case 'deviceListConflict':
    case 'payloadTooLarge':
    case 'mailboxFull':
    case 'storageRecordConflict':
    case 'archiveSegmentConflict':
    case 'quotaExceeded':
    case 'storageFull':
    case 'invalidRecovery':
    case 'recoveryBlobConflict':
    case 'recoveryKeyUnknown':
    case 'recoveryNotVetoable':
    case 'recoveryVetoed':
    case 'invalidLinkToken':
    case 'stepUpRequired':
      return 'internal';
  }
};

/** What a person is told where a call did not succeed and nothing better is known about why. */
export const failureOf = (result: Refused | Away): Failed => {
  if (result.outcome === 'away') return failed(result.reason === 'notSotto' ? 'notASottoServer' : 'serverAway');
  const code = codeOf(result.code);
  return failed(code, code === 'rateLimited' ? { retryAfterMs: result.retryAfterMs } : {});
};
