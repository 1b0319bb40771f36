import { base64Decode, base64Encode } from '@bufbuild/protobuf/wire';
import { z } from 'zod';
import {
  parseAccountId,
  parseDeviceId,
  parseUnixMs,
  parseUsername,
  type AccountId,
  type DeviceId,
  type UnixMs,
  type Username,
} from '../ids.js';
import { LIMITS } from './limits.js';

const BASE64URL = /^[A-Za-z0-9_-]*$/;

const encodedLength = (bytes: number): number => Math.ceil((bytes * 4) / 3);

const encodeBase64Url = (bytes: Uint8Array): string => base64Encode(bytes, 'url');

const decodeBase64Url = (text: string): Uint8Array<ArrayBuffer> | undefined => {
  const bytes = text.length % 4 === 1 ? undefined : base64Decode(text);
  // One text for one value: a second spelling of the same bytes would let a signature cover what was not sent.
  return bytes !== undefined && encodeBase64Url(bytes) === text ? new Uint8Array(bytes) : undefined;
};

const isBytes = (value: unknown): value is Uint8Array<ArrayBuffer> => value instanceof Uint8Array;

const bytesBetween = (least: number, most: number) =>
  z.codec(
    z.string().min(encodedLength(least)).max(encodedLength(most)).regex(BASE64URL, 'not base64url without padding'),
    z.custom<Uint8Array<ArrayBuffer>>((value) => isBytes(value) && value.length >= least && value.length <= most, {
      message: least === most ? `must be ${String(least)} bytes` : `must be ${String(least)} to ${String(most)} bytes`,
    }),
    {
      decode: (text, context) => {
        const bytes = decodeBase64Url(text);
        if (bytes === undefined) {
          context.issues.push({ code: 'custom', message: 'not canonical base64url', input: text });
          return z.NEVER;
        }
        return bytes;
      },
      encode: encodeBase64Url,
    },
  );

/** Exactly `length` bytes, base64url without padding in JSON. */
export const fixedBytes = (length: number) => bytesBetween(length, length);
/** 1 to `most` bytes, base64url without padding in JSON. */
export const someBytes = (most: number) => bytesBetween(1, most);

/** Bytes that travel as they are, without JSON around them. At least one. */
export const RawBytes = z
  .custom<Uint8Array<ArrayBuffer>>((value) => isBytes(value) && value.length > 0, 'no bytes')
  .meta({ type: 'string', format: 'binary' });

/** An account id in JSON. */
export const AccountIdField = z
  .custom<AccountId>((value) => parseAccountId(value) !== undefined, 'not an account id')
  .meta({ type: 'string', format: 'uuid' });
/** A device id in JSON. */
export const DeviceIdField = z
  .custom<DeviceId>((value) => parseDeviceId(value) !== undefined, 'not a device id')
  .meta({ type: 'string', format: 'uuid' });
/** A username in JSON. */
export const UsernameField = z
  .custom<Username>((value) => parseUsername(value) !== undefined, 'not a username')
  .meta({ type: 'string', minLength: 3, maxLength: 32 });
/** Milliseconds since 1970 in JSON. */
export const UnixMsField = z
  .custom<UnixMs>((value) => parseUnixMs(value) !== undefined, 'not a time in milliseconds')
  .meta({ type: 'integer', minimum: 0, description: 'Milliseconds since 1970, by the clock of the server' });
/** An email address in JSON; whether it exists is for a confirmation to show. */
export const EmailField = z.email().max(LIMITS.emailLength);
/** What a person types to say who they are: username or email. */
export const IdentifierField = z.string().min(1).max(LIMITS.emailLength);
/** libsignal key ids are 24-bit here. */
export const KeyIdField = z.number().int().min(1).max(0xffffff);
/** libsignal registration ids are 14-bit. */
export const RegistrationIdField = z.number().int().min(1).max(0x3fff);
/** What a password entered a short while ago has earned the calling device; opaque to clients. */
export const StepUpTokenField = z.string().min(1).max(LIMITS.accessTokenLength);
