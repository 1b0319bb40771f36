import { setTimeout as pause } from 'node:timers/promises';
import { createTransport, type Transporter } from 'nodemailer';
import type { Log } from '../log.js';
import type { Meter } from '../metrics/meter.js';
import type { Mail, Mailer } from './mail.js';

const TRIES = 4;
const FIRST_PAUSE_MS = 1_000;
/** More than this waiting means that the mail server is away, or that somebody floods: what comes on top is not sent. */
const WAITING_MOST = 500;
const TIMEOUT_MS = 15_000;
/** SMTP codes from here on say that trying again is of no use (RFC 5321 §4.2.1). */
const PERMANENT = 500;

export interface SmtpMailerParts {
  /** `smtp://user:password@host:587` or `smtps://…`. */
  readonly url: string;
  readonly from: string;
  readonly log: Log;
  readonly meter: Meter;
}

/** The one importer of nodemailer. Neither addresses nor texts are logged. */
export class SmtpMailer implements Mailer {
  readonly #parts: SmtpMailerParts;
  readonly #transport: Transporter;
  readonly #underWay = new Set<Promise<void>>();
  readonly #stopping = new AbortController();

  constructor(parts: SmtpMailerParts) {
    this.#parts = parts;
    const url = new URL(parts.url);
    this.#transport = createTransport({
      host: url.hostname,
      port: url.port === '' ? (url.protocol === 'smtps:' ? 465 : 587) : Number(url.port),
      secure: url.protocol === 'smtps:',
      // Without `?plain` nothing leaves for a mail server that offers no TLS.
      requireTLS: url.protocol === 'smtp:' && !url.searchParams.has('plain'),
      ignoreTLS: url.searchParams.has('plain'),
      ...(url.username === ''
        ? {}
        : { auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } }),
      pool: true,
      maxConnections: 2,
      connectionTimeout: TIMEOUT_MS,
      greetingTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  post(mail: Mail): void {
    if (this.#underWay.size >= WAITING_MOST) {
      this.#parts.log.error('mail.tooMuchWaiting', { count: this.#underWay.size });
      this.#parts.meter.count('sotto_mail_sent_total', 1, 'dropped');
      return;
    }
    const sending = this.#send(mail).finally(() => this.#underWay.delete(sending));
    this.#underWay.add(sending);
  }

  /** Whether the mail server can be reached and lets us in; for `doctor`. */
  async verify(): Promise<void> {
    await this.#transport.verify();
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#underWay);
    this.#transport.close();
  }

  async #send(mail: Mail): Promise<void> {
    const { from, log, meter } = this.#parts;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#transport.sendMail({ from, ...mail, headers: { 'Auto-Submitted': 'auto-generated' } });
        meter.count('sotto_mail_sent_total', 1, 'sent');
        return;
      } catch (error) {
        if (attempt === TRIES || isPermanent(error) || this.#stopping.signal.aborted) {
          meter.count('sotto_mail_sent_total', 1, 'failed');
          log.error('mail.failed', { error });
          return;
        }
        await pause(FIRST_PAUSE_MS * 2 ** (attempt - 1), undefined, { signal: this.#stopping.signal }).catch(
          () => undefined,
        );
      }
    }
  }
}

const isPermanent = (error: unknown): boolean =>
  error instanceof Error && 'responseCode' in error && Number(error.responseCode) >= PERMANENT;
