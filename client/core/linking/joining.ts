import { BridgeError, type JoinView } from '@sotto/client/bridge';
import {
  claimLinkOffer,
  createLinkRequest,
  generateDeviceKeys,
  manualCodeLookupId,
  offerOfManualCode,
  parseDeviceLabel,
  parseLinkCode,
  parseLinkDigits,
  parseManualCode,
  type LinkCode,
  type ManualCode,
  type NewDeviceLinkState,
  type OfferToken,
  type OwnDevice,
  type ServerPin,
} from '@sotto/crypto';
import type { UnixMs } from '@sotto/protocol/ids';
import { LIFETIMES, type TokenGrant } from '@sotto/protocol/wire';
import { failureOf } from '../account/failure.js';
import { contactServer, pinnedServerOf } from '../account/server-contact.js';
import { Turns } from '../account/turns.js';
import type { AccountResult } from '../account/types.js';
import type { CoreLog } from '../log.js';
import { later } from '../net/clock.js';
import { parseServerAddress } from '../net/server-address.js';
import type { AnonymousApi } from '../net/types.js';
import { thisSystem } from '../own-devices/this-system.js';
import { farewellOf } from './farewell.js';
import { JoinFlow, keptState, type JoinFlowParts } from './join-flow.js';
import { linkHostOf } from './link-host.js';
import type { OnJoin } from './types.js';

/** Connections of one link's own. */
export interface LinkConnections {
  readonly api: AnonymousApi;
  close(): void;
}

export interface JoiningParts extends Omit<JoinFlowParts, 'api' | 'onView' | 'onJoined'> {
  readonly connect: (origin: string) => LinkConnections;
  readonly emit: OnJoin;
  readonly log: CoreLog;
  readonly onJoined: (grant: TokenGrant | undefined) => void;
}

/** A server that has answered, over the connections on which the link will go on. */
interface Met {
  readonly connections: LinkConnections;
  readonly origin: string;
  readonly pin: ServerPin;
  readonly serverTime: UnixMs;
}

const CLAIMANT_BYTES = 32;

const valueOf = <T>(result: AccountResult<T>): T => {
  if (result.outcome === 'ok') return result.value;
  throw new BridgeError(result.failure.code, result.failure.params);
};

const originOf = (address: string): string => {
  const parsed = parseServerAddress(address);
  if (parsed.outcome !== 'ok') throw new BridgeError(parsed.outcome);
  return parsed.origin;
};

/** One reader for every way in which a code comes: camera, picture, clipboard. */
const offerCodeOf = (text: string): LinkCode<OfferToken> => {
  const verdict = parseLinkCode(text);
  if (verdict.outcome === 'refused' && (verdict.reason === 'newerVersion' || verdict.reason === 'unsupportedSuite')) {
    throw new BridgeError('linkCodeNewer');
  }
  if (verdict.outcome !== 'offer') throw new BridgeError('linkCodeUnreadable');
  // A pin that this version cannot hold the server to must not pass for one that was kept.
  if (verdict.code.token.tlsPin !== undefined) throw new BridgeError('linkCodeNewer');
  return verdict.code;
};

const manualCodeOf = (text: string): ManualCode => {
  const verdict = parseManualCode(text);
  if (verdict.outcome === 'refused') throw new BridgeError('linkCodeUnreadable');
  return verdict.code;
};

/** The new device's side of linking: a profile without an account becomes a device of one. */
export class Joining {
  readonly #parts: JoiningParts;
  /** What a person asks for comes one after the other. */
  readonly #turns = new Turns();
  #flow: JoinFlow | undefined;
  #farewell: Promise<unknown> | undefined;
  #connections: LinkConnections | undefined;

  constructor(parts: JoiningParts) {
    this.#parts = parts;
  }

  view(): JoinView {
    return this.#flow?.view() ?? { state: 'none' };
  }

  /** A profile that is joining an account cannot get another one meanwhile. */
  get isUnderWay(): boolean {
    return this.#flow?.isOver() === false;
  }

  /** Takes up what a restart has left. */
  resume(): void {
    const record = this.#parts.joins.find();
    if (record === undefined || this.#flow !== undefined) return;
    const connections = this.#parts.connect(record.server.origin);
    this.#follow(connections, new JoinFlow(this.#flowParts(connections), record));
  }

  byCode({ code: text, deviceName }: { readonly code: string; readonly deviceName: string }): Promise<JoinView> {
    const code = offerCodeOf(text);
    const origin = originOf(code.token.host);
    return this.#turns.take(() => this.#meet(origin, (met) => this.#claim(met, code, deviceName)));
  }

  byManualCode(input: {
    readonly address: string;
    readonly code: string;
    readonly deviceName: string;
  }): Promise<JoinView> {
    const origin = originOf(input.address);
    const manualCode = manualCodeOf(input.code);
    return this.#turns.take(() =>
      this.#meet(origin, async (met) => {
        const body = { lookupId: manualCodeLookupId(manualCode) };
        const found = await met.connections.api.call('lookUpLinkToken', { body });
        if (found.outcome !== 'ok') return valueOf(failureOf(found));
        const host = linkHostOf(origin);
        const verdict = offerOfManualCode(manualCode, { token: found.value.token, host });
        manualCode.purge();
        if (verdict.outcome === 'offer') return this.#claim(met, verdict.code, input.deviceName);
        throw new BridgeError(verdict.reason === 'newerVersion' ? 'linkCodeNewer' : 'linkCodeUnknown');
      }),
    );
  }

  /** Reverse direction: this device shows a code. */
  show({ address, deviceName }: { readonly address: string; readonly deviceName: string }): Promise<JoinView> {
    const origin = originOf(address);
    return this.#turns.take(() =>
      this.#meet(origin, (met) => {
        const { random } = this.#parts;
        const request = createLinkRequest({
          own: this.#newDevice(deviceName),
          host: linkHostOf(origin),
          expiresAt: later(met.serverTime, LIFETIMES.linkOpenMs),
          random,
        });
        return this.#begin(met, request);
      }),
    );
  }

  typeDigits(typed: string): Promise<JoinView> {
    const digits = parseLinkDigits(typed);
    return this.#turns.take(async () => {
      if (digits === undefined || this.#flow?.typeDigits(digits) !== true) throw new BridgeError('notNow');
      return this.view();
    });
  }

  confirm(): Promise<JoinView> {
    return this.#turns.take(async () => {
      const flow = this.#flow;
      if (flow?.confirm() !== true) throw new BridgeError('notNow');
      this.#run(flow);
      return this.view();
    });
  }

  close(): Promise<JoinView> {
    return this.#turns.take(async () => {
      const flow = this.#flow;
      if (flow?.isActivating() === true) throw new BridgeError('notNow');
      flow?.leave(flow.farewell === 'declined' ? 'refused' : 'cancelled', flow.farewell);
      this.#flow = undefined;
      this.#farewell = flow?.farewellSaid;
      this.#parts.emit(this.view());
      return this.view();
    });
  }

  /** Nothing may be asked of it afterwards. */
  async stop(): Promise<void> {
    this.#flow?.stop();
    const farewell = this.#farewell ?? this.#flow?.farewellSaid;
    if (farewell !== undefined) await farewellOf(this.#parts.clock, farewell);
    this.#connections?.close();
  }

  async #meet(origin: string, go: (met: Met) => Promise<JoinView>): Promise<JoinView> {
    if (this.#parts.accounts.find() !== undefined) throw new BridgeError('accountExists');
    if (this.isUnderWay) throw new BridgeError('notNow');
    const connections = this.#parts.connect(origin);
    try {
      const { info, pin } = valueOf(await contactServer(connections.api, undefined));
      return await go({ connections, origin, pin, serverTime: info.serverTime });
    } catch (error) {
      connections.close();
      throw error;
    }
  }

  #claim(met: Met, code: LinkCode<OfferToken>, deviceName: string): Promise<JoinView> {
    const { random } = this.#parts;
    return this.#begin(met, claimLinkOffer(code, { own: this.#newDevice(deviceName), random }));
  }

  #newDevice(deviceName: string): OwnDevice {
    const [name, system] = [parseDeviceLabel(deviceName), parseDeviceLabel(thisSystem())];
    if (name === undefined || system === undefined) throw new BridgeError('badCall');
    return { keys: generateDeviceKeys(this.#parts.random), name, system };
  }

  /** Stored before the server hears of it; where it is refused at once, nothing stays. */
  async #begin({ connections, origin, pin }: Met, state: NewDeviceLinkState): Promise<JoinView> {
    const { joins, random } = this.#parts;
    const record = {
      server: pinnedServerOf(origin, pin),
      claimant: random.bytes(CLAIMANT_BYTES),
      state: keptState(state),
      activation: undefined,
    };
    joins.save(record);
    const flow = new JoinFlow(this.#flowParts(connections), record);
    const answer = await flow.open();
    if (answer?.outcome === 'refused') {
      flow.stop();
      joins.discard();
      valueOf(failureOf(answer));
    }
    this.#follow(connections, flow);
    this.#parts.emit(this.view());
    return this.view();
  }

  #follow(connections: LinkConnections, flow: JoinFlow): void {
    this.#connections?.close();
    this.#connections = connections;
    this.#flow = flow;
    this.#run(flow);
  }

  #run(flow: JoinFlow): void {
    flow.run().catch(() => {
      this.#parts.log('failed', { code: 'join' });
      if (!flow.isActivating()) flow.leave('unfinished', 'failed');
    });
  }

  #flowParts({ api }: LinkConnections): JoinFlowParts {
    const { emit, onJoined, ...parts } = this.#parts;
    return {
      ...parts,
      api,
      onView: emit,
      onJoined: (grant) => {
        this.#flow = undefined;
        emit(this.view());
        onJoined(grant);
      },
    };
  }
}
