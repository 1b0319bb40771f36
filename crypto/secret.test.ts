import { inspect } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { Secret, wipe } from './secret.js';

const make = () => new Secret('test key', Uint8Array.of(0xde, 0xad, 0xbe, 0xef));

describe('Secret', () => {
  it('gives its bytes to who unwraps it', () => {
    expect(make().unwrap()).toEqual(Uint8Array.of(0xde, 0xad, 0xbe, 0xef));
  });

  it('keeps a copy: wiping the source leaves it whole', () => {
    const source = Uint8Array.of(1, 2, 3);
    const secret = new Secret('test key', source);
    wipe(source);
    expect(source).toEqual(Uint8Array.of(0, 0, 0));
    expect(secret.unwrap()).toEqual(Uint8Array.of(1, 2, 3));
  });

  it('shows nothing of its bytes however it is printed', () => {
    const secret = make();
    const shown = [
      String(secret),
      JSON.stringify({ secret }),
      inspect(secret),
      inspect({ secret }, { depth: 9, showHidden: true }),
      Object.entries(secret).join(),
    ];
    for (const text of shown) {
      expect(text).not.toMatch(/de|222|173|190|239/i);
      expect(text).toContain('test key');
    }
  });

  it('overwrites its bytes when purged and is of no use afterwards', () => {
    const secret = make();
    const view = secret.unwrap();
    secret.purge();
    expect(view).toEqual(new Uint8Array(4));
    expect(() => secret.unwrap()).toThrow('The test key was used after it had been purged.');
    expect(() => secret.purge()).not.toThrow();
  });
});
