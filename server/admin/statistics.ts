import { RATE_LIMITS, DURABLE_LIMITS, type RateLimitName } from '../domain/rate-limit.js';
import type { AdminCommand } from './command.js';

export const showStatistics: AdminCommand = async (context) => {
  const statistics = await (await context.storage()).statistics.count();
  for (const [name, value] of Object.entries(statistics)) context.say(`${name.padEnd(18)} ${String(value)}`);
  context.answer(statistics);
  return 0;
};

/** The limits as this configuration sets them. */
export const showLimits: AdminCommand = async ({ config, say, answer }) => {
  const limits = (Object.entries(RATE_LIMITS) as [RateLimitName, { burst: number; everyMs: number }][]).map(
    ([name, { burst, everyMs }]) => ({
      name,
      burst: burst * config.limitFactor,
      everyMs: everyMs / config.limitFactor,
      durable: DURABLE_LIMITS.has(name),
    }),
  );
  for (const { name, burst, everyMs, durable } of limits)
    say(
      `${name.padEnd(26)} ${String(burst).padStart(9)} at once, one more every ${everyMs} ms${durable ? ', kept over restarts' : ''}`,
    );
  answer({ limits });
  return 0;
};
