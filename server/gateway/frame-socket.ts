import { WebSocket } from 'ws';

const TOO_BIG = 1009;

/** A socket that can say something before it is closed for a message beyond `maxPayload`. */
export class FrameSocket extends WebSocket {
  onTooBig: (() => void) | undefined;

  override close(code?: number, reason?: string | Buffer): void {
    if (code === TOO_BIG) this.onTooBig?.();
    super.close(code, reason);
  }
}
