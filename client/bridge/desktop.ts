/** The one IPC channel on which a window of the desktop client asks for its port to the core, and gets it. */
export const ATTACH_CHANNEL = 'sotto:attach';

/** What the page says to its preload when it can take the port, and the preload to the page when it brings one. */
export const PAGE_MESSAGES = { ready: 'sotto.ready', port: 'sotto.port' } as const;
