import { refuse, type Refusal } from '../outcome.js';

/** Alike for codes that never were and for such as are forgotten, whatever is wrong with them. */
export const CODE_UNKNOWN = refuse('linkCodeUnknown', 'This server knows no such code.');
export const CODE_EXPIRED = refuse('linkCodeExpired', 'This code has expired. Make a new one.');
export const CODE_USED = refuse('linkCodeUsed', 'Another device has used this code. Contest it, and make a new one.');
/** Also for a session of somebody else: whether it exists is nobody's business. */
export const NO_SESSION = refuse('notFound', 'There is no such link session, or the caller is neither of its devices.');
export const ENDED = refuse('linkEnded', 'This link session is over; waiting for it tells why.');
export const OUT_OF_TURN = refuse('linkOutOfTurn', 'The link session is waiting for something else.');
export const UNDER_WAY = refuse('linkUnderWay', 'Another link of this account is under way. Finish or cancel it.');
export const TOO_MANY_DEVICES = refuse('tooManyDevices', 'This account has as many devices as this server allows.');
export const CANNOT_LINK = refuse(
  'accessDenied',
  'This device has no link key: another one of the account has to link.',
);
export const NOT_LISTED = refuse('deviceNotListed', 'This device is not on the device list of its account.');
export const REVERSE_OFF = refuse('reverseLinkingOff', 'This server does not let new devices show codes.');
export const WHO = refuse('unauthorized', 'Send the access token of the authorised device, or the claimant.');
export const EITHER = refuse('badRequest', 'Send an access token or the claimant, not both.');

export const badToken = (reason: string): Refusal =>
  refuse('invalidLinkToken', `The link token is not one that this server takes (${reason}).`);
