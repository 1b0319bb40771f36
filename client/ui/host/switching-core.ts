import { BridgeClosedError, connectRpc, type CoreApi, type CoreEvent, type MessageChannel } from '@sotto/client/bridge';

/** One core for the models, over however many channels it takes: subscriptions last, calls in between are refused. */
export interface SwitchingCore extends CoreApi {
  attach(channel: MessageChannel): void;
}

export const createSwitchingCore = (): SwitchingCore => {
  const listeners = new Set<(event: CoreEvent) => void>();
  let current: CoreApi | undefined;
  return {
    attach: (channel) => {
      const attached = connectRpc(channel);
      attached.subscribe((event) => {
        for (const listener of [...listeners]) listener(event);
      });
      current = attached;
      channel.closed(() => {
        if (current === attached) current = undefined;
      });
    },
    call: (method, params) => current?.call(method, params) ?? Promise.reject(new BridgeClosedError()),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
};
