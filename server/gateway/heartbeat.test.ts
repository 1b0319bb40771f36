import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Heartbeat } from './heartbeat.js';

class Socket extends EventEmitter {
  readonly said: string[] = [];

  ping(): void {
    this.said.push('ping');
  }

  terminate(): void {
    this.said.push('terminate');
  }
}

describe('Heartbeat', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  it('ends sockets that answer nothing, and keeps those that do', () => {
    const heartbeat = new Heartbeat();
    const [dead, ponging, talking] = [new Socket(), new Socket(), new Socket()];
    for (const socket of [dead, ponging, talking]) heartbeat.add(socket);
    jest.advanceTimersByTime(30_000);
    ponging.emit('pong');
    talking.emit('message');
    jest.advanceTimersByTime(30_000);
    expect(dead.said).toEqual(['ping', 'terminate']);
    expect(ponging.said).toEqual(['ping', 'ping']);
    expect(talking.said).toEqual(['ping', 'ping']);
    heartbeat.stop();
  });

  it('lets go of sockets that are gone, and of all at its end', () => {
    const heartbeat = new Heartbeat();
    const [gone, there] = [new Socket(), new Socket()];
    heartbeat.add(gone);
    heartbeat.add(there);
    heartbeat.remove(gone);
    gone.emit('pong');
    jest.advanceTimersByTime(30_000);
    expect(gone.said).toEqual([]);
    heartbeat.stop();
    jest.advanceTimersByTime(300_000);
    expect(there.said).toEqual(['ping']);
  });
});
