/** Where a process is to end itself: at the n-th time that an event is logged. Written `event:n`. */
export interface KillPoint {
  readonly event: string;
  readonly occurrence: number;
}

/** The environment variable that the programs of this folder read. */
export const KILL_POINT_VARIABLE = 'SOTTO_E2E_KILL_AT';

export const formatKillPoint = ({ event, occurrence }: KillPoint): string => `${event}:${String(occurrence)}`;

const parseKillPoint = (text: string): KillPoint => {
  const at = text.lastIndexOf(':');
  return { event: text.slice(0, at), occurrence: Number(text.slice(at + 1)) };
};

/**
 * Told of every event, at once and in the middle of the work; sends SIGKILL to its own process at the chosen one, so that
 * nothing after it runs (docs/adr/0005). Without a kill point it only listens.
 */
export const killer = (text: string | undefined): ((event: string) => void) => {
  if (text === undefined || text === '') return () => undefined;
  const { event: fatal, occurrence } = parseKillPoint(text);
  let seen = 0;
  return (event) => {
    if (event !== fatal) return;
    seen += 1;
    if (seen === occurrence) process.kill(process.pid, 'SIGKILL');
  };
};
