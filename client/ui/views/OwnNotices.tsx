import { Banner } from '../components/Banner.js';
import { Button } from '../components/Button.js';
import { useApp, useText, useTranslator } from './app-context.js';

/** Somebody is taking the account over, or a device that nobody here knows has joined it: both stay until they are decided. */
export const useUrgentNotice = () => {
  const { recovery, devices, dialog } = useApp();
  const { text, times } = useTranslator();
  const [pending] = recovery.pending.value;
  const device = devices.unknown.value;
  if (pending !== undefined) {
    const words = text(`pending.${pending.kind}`, { date: times.moment(pending.until) });
    return (
      <Banner kind="error" icon="alert" text={pending.canVeto ? words : `${words} ${text('pending.cannotVeto')}`}>
        {pending.canVeto && (
          <Button size="small" onClick={() => (dialog.value = 'vetoRecovery')}>
            {text('pending.veto')}
          </Button>
        )}
      </Banner>
    );
  }
  if (device === undefined) return undefined;
  const name = device.name === '' ? text('devices.unnamed') : device.name;
  return (
    <Banner kind="warning" icon="device" text={text('newDevice.text', { name })}>
      <Button size="small" onClick={() => void devices.acknowledge(device.deviceId)}>
        {text('newDevice.mine')}
      </Button>
      <Button
        size="small"
        onClick={() => {
          devices.chosen.value = device.deviceId;
          dialog.value = 'device';
        }}
      >
        {text('device.unlink')}
      </Button>
    </Banner>
  );
};

/** The history on its way. */
export const HistoryNotice = () => {
  const { linking } = useApp();
  const text = useText();
  const history = linking.history.value;
  if (history === undefined || history.state === 'finished') return null;
  const { done, total, state } = history;
  return (
    <Banner kind={state === 'failed' ? 'warning' : 'info'} icon="info" text={text(`history.${state}`, { done, total })}>
      {(state === 'waiting' || state === 'failed') && (
        <Button size="small" onClick={() => void linking.retryHistory()}>
          {text('action.tryAgain')}
        </Button>
      )}
    </Banner>
  );
};

/** The kit is not saved yet: the one thing that nobody can do for the person later. */
export const KitNotice = () => {
  const { recovery, dialog } = useApp();
  const text = useText();
  return (
    <Banner kind="warning" icon="lock" text={text('kit.banner')}>
      <Button size="small" kind="primary" onClick={() => (dialog.value = 'recoveryKit')}>
        {text('kit.save')}
      </Button>
      <Button size="small" onClick={recovery.later}>
        {text('kit.later')}
      </Button>
    </Banner>
  );
};
