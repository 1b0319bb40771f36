import type { TokenGrant } from '@sotto/protocol/wire';
import type { AccountRecord } from './types.js';

/** What may stand in an `Authorization` header and in a frame (RFC 6750); anything else could never be shown again. */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

/** Does a grant open this device of this account? A server could hand out anything. */
export const isGrantFor = (record: Pick<AccountRecord, 'accountId'>, grant: TokenGrant): boolean =>
  grant.accountId === record.accountId && grant.scope === 'device' && TOKEN.test(grant.accessToken);
