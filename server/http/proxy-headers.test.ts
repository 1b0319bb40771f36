import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { remoteAddressOf } from './proxy-headers.js';

const request = (remoteAddress: string | undefined, forwarded?: string | string[]) =>
  ({ socket: { remoteAddress }, headers: { 'x-forwarded-for': forwarded } }) as unknown as IncomingMessage;

describe('remoteAddressOf', () => {
  it('takes the address of the connection, and believes nobody who forwards', () => {
    expect(remoteAddressOf(request('192.0.2.7', '198.51.100.1'), false)).toBe('192.0.2.7');
    expect(remoteAddressOf(request('::ffff:192.0.2.7'), false)).toBe('192.0.2.7');
    expect(remoteAddressOf(request(undefined), false)).toBe('unknown');
  });

  it('behind a proxy takes what the proxy itself has written, not what the caller made up before it', () => {
    expect(remoteAddressOf(request('127.0.0.1', '10.0.0.1, 198.51.100.1'), true)).toBe('198.51.100.1');
    expect(remoteAddressOf(request('127.0.0.1', ['10.0.0.1', '198.51.100.2']), true)).toBe('198.51.100.2');
    expect(remoteAddressOf(request('192.0.2.9'), true)).toBe('192.0.2.9');
  });

  it('counts one IPv6 network as one caller, however its addresses are written', () => {
    expect(remoteAddressOf(request('2001:db8:1:2:3:4:5:6'), false)).toBe('2001:db8:1:2::/64');
    expect(remoteAddressOf(request('2001:db8:1:2::99'), false)).toBe('2001:db8:1:2::/64');
    expect(remoteAddressOf(request('2001:0DB8:0001:2::99'), false)).toBe('2001:db8:1:2::/64');
    expect(remoteAddressOf(request('2001:db8::1'), false)).toBe('2001:db8:0:0::/64');
    expect(remoteAddressOf(request('1::3:4:5:6:7:8'), false)).toBe('1:0:3:4::/64');
    expect(remoteAddressOf(request('64:ff9b::192.0.2.1'), false)).toBe('64:ff9b:0:0::/64');
    expect(remoteAddressOf(request('fe80::1%eth0'), false)).toBe('fe80:0:0:0::/64');
    expect(remoteAddressOf(request('::1'), false)).toBe('0:0:0:0::/64');
  });
});
