import { randomUUID } from 'node:crypto';
import { SealedBytes } from '../keys.js';
import type { SealedEnvelope } from '../sealed-sender/open.js';
import type { OutgoingMessage } from '../sealed-sender/seal.js';
import { BATCH_MOST, type Received, type Sent } from '../session/device-messenger.js';
import { InjectedFailure, type CommitPoint } from './memory-state.js';
import { ratchetPosition } from './ratchet-position.js';
import type { SeededChoice } from './seeded-choice.js';
import { gateWith, present, TestParty, TestServer, type TestContent } from './test-party.js';

interface MailboxEnvelope extends SealedEnvelope {
  readonly id: string;
  /** A copy that somebody put in a second time. */
  readonly isReplay: boolean;
}

interface Job extends OutgoingMessage {
  readonly row: string;
  readonly to: TestParty;
}

const POINTS: readonly CommitPoint[] = ['begin', 'changes', 'effects', 'committed'];
const OUTBOX = 'outbox ';
const JOB = 'job ';

/**
 * Devices that write to each other over a server and a network that lose answers, repeat, reorder and replay, in processes
 * that die at any point of a commit. What each device keeps is in its state alone; the model knows what was written, and
 * looks for what got lost, came twice or shared a place in a ratchet.
 */
export class ConversationModel {
  readonly #choice: SeededChoice;
  readonly #server = new TestServer();
  readonly #parties: readonly TestParty[];
  readonly #mailboxes = new Map<TestParty, MailboxEnvelope[]>();
  readonly #accepted = new Map<string, { readonly to: TestParty; readonly envelope: MailboxEnvelope }>();
  readonly #positions = new Map<string, string>();
  readonly #written: { readonly to: TestParty; readonly text: string }[] = [];
  /** How often each thing happened, so that a run can show that it tried them. */
  readonly counts = {
    written: 0,
    opened: 0,
    duplicates: 0,
    waits: 0,
    deaths: 0,
    replays: 0,
    lostAnswers: 0,
    resets: 0,
  };

  constructor(choice: SeededChoice, partyCount: number) {
    this.#choice = choice;
    this.#parties = Array.from({ length: partyCount }, () => new TestParty(this.#server));
    for (const party of this.#parties) this.#mailboxes.set(party, []);
  }

  /** One random operation. */
  async step(): Promise<void> {
    this.#server.clock.advance(1_000);
    const party = this.#anyParty();
    const operations: readonly (readonly [share: number, run: () => Promise<void> | void])[] = [
      [30, () => this.#write(party)],
      [18, () => this.#send(party)],
      [18, () => this.#transmit(party)],
      [22, () => this.#receive(party)],
      [6, () => this.#atOnce(party)],
      [2.7, () => this.#replay()],
      [3, () => party.restart()],
      [0.3, () => this.#reset(party)],
    ];
    let pick = this.#choice.below(100_000) / 1_000;
    for (const [share, run] of operations) {
      pick -= share;
      if (pick < 0) return run();
    }
  }

  /** Lets everything that is under way arrive, without further mishaps. */
  async settle(): Promise<void> {
    for (const party of this.#parties) {
      while (this.#rows(party, JOB).length > 0) await this.#send(party, { safely: true });
      while (this.#rows(party, OUTBOX).length > 0) await this.#transmit(party, { safely: true });
    }
    for (const party of this.#parties) {
      while (this.#mailbox(party).length > 0) await this.#receive(party, { safely: true });
    }
  }

  /** What is wrong: messages that are not there exactly once, or that nobody wrote. Empty if all is well. */
  faults(): readonly string[] {
    const faults: string[] = [];
    for (const { to, text } of this.#written) {
      const times = to.state.rows.get(`received ${text}`) ?? '0';
      if (times !== '1') faults.push(`${text} arrived ${times} times`);
    }
    const received = this.#parties.reduce((sum, party) => sum + this.#rows(party, 'received ').length, 0);
    if (received !== this.#written.length) faults.push(`${received} arrived of ${this.#written.length} written`);
    return faults;
  }

  #anyParty(): TestParty {
    return present(this.#parties[this.#choice.below(this.#parties.length)]);
  }

  #mailbox(party: TestParty): MailboxEnvelope[] {
    return present(this.#mailboxes.get(party));
  }

  #rows(party: TestParty, prefix: string): readonly string[] {
    return [...party.state.rows.keys()].filter((row) => row.startsWith(prefix));
  }

  #write(party: TestParty): void {
    const to = present(this.#choice.shuffled(this.#parties.filter((other) => other !== party))[0]);
    const text = `message ${this.#written.length}`;
    this.#written.push({ to, text });
    this.counts.written += 1;
    party.state.rows.set(`${JOB}${text}`, String(this.#parties.indexOf(to)));
  }

  /** Runs what a process does; where it dies, nothing but its state is left. */
  async #mortal(party: TestParty, safely: boolean, work: () => Promise<void>): Promise<void> {
    if (!safely && this.#choice.chance(0.08)) {
      party.state.failNextCommit(present(POINTS[this.#choice.below(POINTS.length)]));
    } else if (!safely && this.#choice.chance(0.03)) {
      party.state.failReadAfter(this.#choice.below(12));
    }
    try {
      await work();
    } catch (error) {
      if (!(error instanceof InjectedFailure)) throw error;
      this.counts.deaths += 1;
      party.restart();
    } finally {
      party.state.heal();
    }
  }

  #jobs(party: TestParty): readonly Job[] {
    const most = 1 + this.#choice.below(BATCH_MOST);
    return this.#rows(party, JOB)
      .slice(0, most)
      .map((row) => {
        const to = present(this.#parties[Number(party.state.rows.get(row))]);
        return { row, to, ...party.messageFor(to, row.slice(JOB.length)) };
      });
  }

  async #send(party: TestParty, { safely = false } = {}): Promise<void> {
    await this.#mortal(party, safely, async () => {
      const jobs = this.#jobs(party);
      const sent = await this.#sendJobs(party, jobs, []);
      const missing = sent.filter(({ result }) => result.outcome === 'sessionsMissing').map(({ message }) => message);
      const recipients = [...new Set(missing.map(({ to }) => to))];
      const bundles = recipients.map((to) => to.bundle({ oneTime: this.#choice.chance(0.5) }));
      if (missing.length > 0) await this.#sendJobs(party, missing, bundles);
    });
  }

  #sendJobs(party: TestParty, jobs: readonly Job[], bundles: readonly ReturnType<TestParty['bundle']>[]) {
    const certificate = this.#server.certificateFor(party.identity);
    const commit = (sent: readonly Sent<Job>[]) => {
      for (const { message, result } of sent) {
        if (result.outcome !== 'sealed' || !party.state.rows.delete(message.row)) continue;
        for (const { ciphertext } of result.copies) {
          const value = [this.#parties.indexOf(message.to), Buffer.from(ciphertext).toString('base64')].join(' ');
          party.state.rows.set(`${OUTBOX}${randomUUID()}`, value);
        }
      }
    };
    return party.messenger.send(jobs, { certificate, bundles, commit });
  }

  async #transmit(party: TestParty, { safely = false } = {}): Promise<void> {
    for (const row of this.#rows(party, OUTBOX).slice(0, 1 + this.#choice.below(20))) {
      // The connection broke before the server got it: it stays in the outbox.
      if (!safely && this.#choice.chance(0.05)) return;
      await this.#accept(row.slice(OUTBOX.length), present(party.state.rows.get(row)));
      if (!safely && this.#choice.chance(0.05)) this.counts.lostAnswers += 1;
      else party.state.rows.delete(row);
    }
  }

  /** The server takes an envelope id once, like the real one. */
  async #accept(id: string, value: string): Promise<void> {
    if (this.#accepted.has(id)) return;
    const [index, encoded] = value.split(' ');
    const to = present(this.#parties[Number(index)]);
    const ciphertext = SealedBytes.of(Buffer.from(present(encoded), 'base64'));
    const envelope = { id, ciphertext, serverTime: this.#server.clock.now(), isReplay: false };
    const position = `${to.deviceId} ${await ratchetPosition(to.state, ciphertext)}`;
    const other = this.#positions.get(position);
    if (other !== undefined) throw new Error(`Envelopes ${other} and ${id} were encrypted under one key.`);
    this.#positions.set(position, id);
    this.#accepted.set(id, { to, envelope });
    this.#mailbox(to).push(envelope);
  }

  #replay(): void {
    const all = [...this.#accepted.values()];
    const chosen = all[this.#choice.below(Math.max(1, all.length))];
    if (chosen === undefined) return;
    this.counts.replays += 1;
    this.#mailbox(chosen.to).push({ ...chosen.envelope, id: randomUUID(), isReplay: true });
  }

  async #receive(party: TestParty, { safely = false } = {}): Promise<void> {
    await this.#mortal(party, safely, async () => {
      const mailbox = this.#mailbox(party);
      const batch = this.#choice.shuffled(mailbox.slice(0, 1 + this.#choice.below(BATCH_MOST)));
      const gate = gateWith(() => (!safely && this.#choice.chance(0.1) ? 'unknown' : 'active'));
      const received = await party.receive(batch, gate);
      if (!safely && this.#choice.chance(0.05)) {
        this.counts.lostAnswers += 1;
        return;
      }
      const done = new Set(received.filter((one) => this.#isDone(one)).map(({ envelope }) => envelope.id));
      this.#mailboxes.set(
        party,
        this.#mailbox(party).filter(({ id }) => !done.has(id)),
      );
    });
  }

  #isDone({ envelope, result }: Received<MailboxEnvelope, TestContent>): boolean {
    switch (result.outcome) {
      case 'opened':
        this.counts.opened += 1;
        return true;
      case 'duplicate':
        this.counts.duplicates += 1;
        return true;
      case 'waiting':
        this.counts.waits += 1;
        return false;
      case 'undecryptable':
      case 'refused':
        // The keys of an old replay are gone; an honest envelope has no reason to fail.
        if (!envelope.isReplay) throw new Error(`An honest envelope was ${result.outcome}: ${result.reason}.`);
        return true;
    }
  }

  /** Sends and receives that do not wait for each other. */
  async #atOnce(party: TestParty): Promise<void> {
    const work = [() => this.#send(party, { safely: true }), () => this.#receive(party, { safely: true })];
    await Promise.all(this.#choice.shuffled([...work, ...work]).map((run) => run()));
  }

  async #reset(party: TestParty): Promise<void> {
    this.counts.resets += 1;
    const peers = this.#parties.filter((other) => other !== party).map(({ deviceId }) => deviceId);
    await party.messenger.archiveSessions(peers, () => undefined);
  }
}
