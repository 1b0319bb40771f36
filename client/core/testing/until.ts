const DEADLINE_MS = 20_000;

/** Waits, on the real clock, until `look` says yes. Generous: other work may keep the machine busy. */
export const until = async (look: () => boolean, deadlineMs = DEADLINE_MS): Promise<void> => {
  const deadline = Date.now() + deadlineMs;
  while (!look()) {
    if (Date.now() > deadline) throw new Error(`never happened: ${look.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};
