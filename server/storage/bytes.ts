/** Bytes as repositories hand them in and out: never a view into a driver's receive buffer. */
export type Bytes = Uint8Array<ArrayBuffer>;
