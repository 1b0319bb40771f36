import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { ERROR_STATUS, type ErrorBody } from '@sotto/protocol/wire';
import type { Refusal } from '../domain/outcome.js';

/** The one shape in which every refusal leaves. */
export const errorBodyOf = ({ code, message, retryAfterMs }: Refusal, requestId: string): ErrorBody => ({
  code,
  message,
  requestId,
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
});

/** Answers on a connection that never became an HTTP request or a WebSocket, and closes it. */
export const writeRefusal = (stream: Duplex, refusal: Refusal, requestId: string): void => {
  if (!stream.writable) return;
  const status = ERROR_STATUS[refusal.code];
  const body = JSON.stringify(errorBodyOf(refusal, requestId));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    `X-Request-Id: ${requestId}`,
  ];
  stream.end(`${head.join('\r\n')}\r\n\r\n${body}`);
};
