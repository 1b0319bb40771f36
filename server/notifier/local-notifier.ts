import type { DeviceId } from '@sotto/protocol/ids';
import type { NoticeTopic } from '@sotto/protocol/wire';
import { ListenerMap } from './listener-map.js';
import type { DeviceListener, FreshMail, LinkName, Notifier } from './notifier.js';

/** Wakes the sockets and calls of this process. All there is where one process serves everybody. */
export class LocalNotifier implements Notifier {
  readonly devices = new ListenerMap<DeviceId, DeviceListener>();
  readonly links = new ListenerMap<LinkName, () => void>();

  async subscribe(deviceId: DeviceId, listener: DeviceListener): Promise<() => void> {
    return this.devices.add(deviceId, listener);
  }

  async subscribeLink(link: LinkName, onChange: () => void): Promise<() => void> {
    return this.links.add(link, onChange);
  }

  arrived(mail: readonly FreshMail[]): void {
    for (const fresh of mail) this.devices.tell(fresh.deviceId, (listener) => listener.onFresh(fresh));
  }

  waiting(deviceId: DeviceId, upTo: number): void {
    this.devices.tell(deviceId, (listener) => listener.onWaiting(upTo));
  }

  ended(deviceId: DeviceId): void {
    this.devices.tell(deviceId, (listener) => listener.onStanding());
  }

  noticed(deviceIds: readonly DeviceId[], topic: NoticeTopic): void {
    for (const deviceId of deviceIds) this.devices.tell(deviceId, (listener) => listener.onNotice(topic));
  }

  linkChanged(link: LinkName): void {
    this.links.tell(link, (onChange) => onChange());
  }

  async close(): Promise<void> {
    this.devices.clear();
    this.links.clear();
  }
}
