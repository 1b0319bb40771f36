import type { DeviceEnvelope } from '@sotto/protocol/wire';
import type { Refusal } from '../outcome.js';
import { limited, type RateLimiter } from '../rate-limit.js';

/** How many sends, and how many bytes in them, one sender or one access key may give. */
export class SendLimits {
  readonly #limiter: RateLimiter;

  constructor(limiter: RateLimiter) {
    this.#limiter = limiter;
  }

  async take(sender: string, envelopes: readonly DeviceEnvelope[]): Promise<Refusal | undefined> {
    const count = await this.#limiter.take('send', sender);
    if (count.type === 'limited') return limited(count.retryAfterMs);
    const bytes = envelopes.reduce((sum, { ciphertext }) => sum + ciphertext.length, 0);
    const volume = await this.#limiter.take('sendBytes', sender, bytes);
    return volume.type === 'limited' ? limited(volume.retryAfterMs) : undefined;
  }
}
