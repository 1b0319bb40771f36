import { useEffect } from 'preact/hooks';
import type { DeviceView } from '@sotto/client/bridge';
import { Banner } from '../../components/Banner.js';
import { Button, IconButton } from '../../components/Button.js';
import { Dialog } from '../../components/Dialog.js';
import { FieldError } from '../../components/Field.js';
import { Icon } from '../../components/Icon.js';
import { useApp, useText, useTranslator } from '../app-context.js';
import { useDialog } from '../dialogs/use-dialog.js';
import { useFailureText } from '../words.js';

/** The server tells the day alone, by Greenwich: its middle is that day nearly everywhere. */
const MIDDAY_MS = 12 * 3_600_000;

const DeviceRow = ({ device }: { readonly device: DeviceView }) => {
  const { devices, dialog, now } = useApp();
  const { text, times } = useTranslator();
  const name = device.name === '' ? text('devices.unnamed') : device.name;
  const date = (at: number): string => times.date(at, now.value);
  const manage = (): void => {
    devices.chosen.value = device.deviceId;
    dialog.value = 'device';
  };
  return (
    <li class="device">
      <Icon name="device" />
      <div class="device-words">
        <p class="device-name">
          <bdi>{name}</bdi>
          {device.own && <span class="tag">{text('devices.this')}</span>}
          {device.unacknowledged && <span class="tag tag-warning">{text('devices.unknown')}</span>}
        </p>
        <p class="field-note">
          {[device.system, device.canLink ? text('devices.canLink') : ''].filter((part) => part !== '').join(' · ')}
        </p>
        <p class="field-note">
          {text('devices.linked', { date: date(device.linkedAt) })}
          {' · '}
          {device.lastSeenAt === undefined
            ? text('devices.seen.unknown')
            : text('devices.seen', { date: date(device.lastSeenAt + MIDDAY_MS) })}
        </p>
      </div>
      <IconButton icon="settings" label={text('devices.manage', { name })} onClick={manage} />
    </li>
  );
};

/** Settings → Devices. */
export const DevicesDialog = () => {
  const { devices, dialog } = useApp();
  const text = useText();
  const { frame } = useDialog('settings');
  const view = devices.view.value;
  const failure = useFailureText(devices.failure.value);
  const isFull = view !== undefined && view.devices.length >= view.limit;

  useEffect(() => void devices.refresh(), []);

  return (
    <Dialog title={text('devices.title')} {...frame}>
      <p class="muted">{text('devices.text')}</p>
      {view?.alarm === true && <Banner kind="error" icon="alert" text={text('devices.alarm')} />}
      {failure !== undefined && <FieldError text={failure} />}
      <ul class="devices" aria-label={text('devices.list')}>
        {view?.devices.map((device) => (
          <DeviceRow key={device.deviceId} device={device} />
        ))}
      </ul>
      <div class="form-actions">
        {view !== undefined && view.devices.length > 1 && (
          <Button onClick={() => (dialog.value = 'signOutOthers')}>{text('devices.signOutOthers')}</Button>
        )}
        <Button
          kind="primary"
          disabledReason={isFull ? text('devices.full', { limit: view.limit }) : undefined}
          onClick={() => (dialog.value = 'linkDevice')}
        >
          {text('devices.link')}
        </Button>
      </div>
    </Dialog>
  );
};
