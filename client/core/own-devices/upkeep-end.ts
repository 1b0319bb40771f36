/** `later`: try again after a while. `done`: until something happens. */
export type UpkeepEnd = 'done' | 'later';
