import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

/** A mail server of this test's own. */
export interface MailServer {
  /** For `SOTTO_SMTP_URL`. */
  readonly url: string;
  /** The code in the next mail to an address, after those that were asked for before. */
  nextCode(to: string): Promise<string>;
  stop(): Promise<void>;
}

const PATIENCE_MS = 30_000;
const CODE = /\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}\b/;

export const startMailServer = async (): Promise<MailServer> => {
  const mails: { readonly to: string; readonly code: string }[] = [];
  const taken = new Map<string, number>();
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        // Codes are plain letters and digits in lines of their own, whatever the encoding of the mail does to the words.
        const code = CODE.exec(Buffer.concat(chunks).toString('latin1'))?.[0];
        if (code !== undefined) mails.push({ to: session.envelope.rcptTo[0]?.address ?? '', code });
        done();
      });
    },
  });
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}/?plain`,
    nextCode: async (to) => {
      const before = taken.get(to) ?? 0;
      for (const end = Date.now() + PATIENCE_MS; ;) {
        const mail = mails.filter((one) => one.to === to)[before];
        if (mail !== undefined) {
          taken.set(to, before + 1);
          return mail.code;
        }
        if (Date.now() > end) throw new Error(`no code came for ${to}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
};
