import type { LinkEnd } from '@sotto/client/bridge';
import type { ErrorCode, LinkEndReason } from '@sotto/protocol/wire';

/** Whether somebody had claimed the code when the link ended. */
type Reached = 'open' | 'claimed';

/** Why a link ended, in the words of either screen. */
export const linkEndOf = (reason: LinkEndReason | undefined, reached: Reached): LinkEnd => {
  switch (reason) {
    case 'cancelled':
    case 'replaced':
      return 'cancelled';
    case 'declined':
      return 'refused';
    case 'wrongDigits':
      return 'digitsDiffer';
    case 'contested':
      return 'codeUsed';
    case 'failed':
      return 'tampered';
    case 'listChanged':
    case 'deviceRemoved':
      return 'listChanged';
    case 'expired':
    case undefined:
      return reached === 'open' ? 'expired' : 'unfinished';
  }
};

const REFUSALS: Partial<Record<ErrorCode, LinkEnd>> = {
  tooManyDevices: 'tooManyDevices',
  deviceListConflict: 'listChanged',
  invalidDeviceList: 'listChanged',
  linkCodeUsed: 'codeUsed',
  linkCodeExpired: 'expired',
  linkCodeUnknown: 'expired',
  linkEnded: 'unfinished',
  notFound: 'unfinished',
};

/** The same for a call that the server refused for good. */
export const refusedEndOf = (code: ErrorCode): LinkEnd => REFUSALS[code] ?? 'serverRefused';
