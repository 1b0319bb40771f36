import type { RequestListener, ServerResponse } from 'node:http';
import { policyOfFile } from '@sotto/client/bridge';
import { securityHeaders } from './security-headers.js';
import type { UiFiles } from './ui-files.js';

const answer = (response: ServerResponse, status: number, headers: Readonly<Record<string, string>>): void => {
  response.writeHead(status, { ...headers, 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' }).end();
};

/**
 * Serves the interface to whoever asks on this machine: it holds no secret. Requests for another host name are refused, so
 * that a name of a foreign site that resolves to 127.0.0.1 (DNS rebinding) gets nothing to run under its origin.
 */
export const servePage =
  (files: UiFiles, authority: string): RequestListener =>
  (request, response) => {
    const headers = securityHeaders(authority);
    if (request.headers.host !== authority) {
      answer(response, 421, headers);
      return;
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      answer(response, 405, { ...headers, Allow: 'GET, HEAD' });
      return;
    }
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const file = files.get(path);
    if (file === undefined) {
      answer(response, 404, headers);
      return;
    }
    const policy = policyOfFile(path);
    response.writeHead(200, {
      ...headers,
      ...(policy === undefined ? {} : { 'Content-Security-Policy': policy }),
      'Content-Type': file.type,
      'Content-Length': String(file.bytes.length),
    });
    response.end(request.method === 'HEAD' ? undefined : file.bytes);
  };
