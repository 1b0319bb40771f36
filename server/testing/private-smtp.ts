import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { eventually } from './client/test-servers.js';

export interface ReceivedMail {
  readonly from: string;
  readonly to: string;
  /** Headers and text, decoded as far as these tests need it. */
  readonly text: string;
}

/** A mail server of this test's own that keeps what it is given. */
export interface PrivateSmtp {
  /** For `SOTTO_SMTP_URL`. */
  readonly url: string;
  readonly mails: readonly ReceivedMail[];
  /** Refuses so many messages for the time being. */
  refuse(messages: number): void;
  /** The next mail to an address, after those that were asked for before. */
  next(to: string): Promise<ReceivedMail>;
  stop(): Promise<void>;
}

const decoded = (raw: string): string => {
  const [head = '', ...body] = raw.split('\r\n\r\n');
  const text = body.join('\r\n\r\n');
  if (/content-transfer-encoding: base64/i.test(head))
    return `${head}\n\n${Buffer.from(text, 'base64').toString('utf8')}`;
  if (!/content-transfer-encoding: quoted-printable/i.test(head)) return raw;
  const bytes = text
    .replaceAll(/=\r\n/g, '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return `${head}\n\n${Buffer.from(bytes, 'latin1').toString('utf8')}`;
};

/** The code in a mail: the one line of four groups. */
export const codeIn = ({ text }: ReceivedMail): string => {
  const code = /\b[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}\b/.exec(text)?.[0];
  if (code === undefined) throw new Error(`There is no code in this mail: ${text}`);
  return code;
};

export const startPrivateSmtp = async (): Promise<PrivateSmtp> => {
  const mails: ReceivedMail[] = [];
  const taken = new Map<string, number>();
  let refusing = 0;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (refusing > 0) {
          refusing -= 1;
          done(Object.assign(new Error('Try again later'), { responseCode: 451 }));
          return;
        }
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo[0]?.address ?? '',
          text: decoded(Buffer.concat(chunks).toString('latin1')),
        });
        done();
      });
    },
  });
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const { port } = server.server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}/?plain`,
    mails,
    refuse: (messages) => {
      refusing = messages;
    },
    next: async (to) => {
      const before = taken.get(to) ?? 0;
      const mine = () => mails.filter((mail) => mail.to === to)[before];
      await eventually(() => mine() !== undefined, `a mail to ${to}`);
      taken.set(to, before + 1);
      return mine()!;
    },
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
};
