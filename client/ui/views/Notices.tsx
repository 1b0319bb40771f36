import { useSignal } from '@preact/signals';
import type { AppView } from '@sotto/client/bridge';
import { Banner } from '../components/Banner.js';
import { Button } from '../components/Button.js';
import { outcomeOf } from '../model/outcome.js';
import { useApp, useText } from './app-context.js';
import { HistoryNotice, KitNotice, useUrgentNotice } from './OwnNotices.js';

/** The one banner that matters most: the road to the core, the account's own devices, the connection, then what can wait. */
export const Notices = () => {
  const { link, connection, state, core, dialog, chats } = useApp();
  const text = useText();
  const app = state.app.value;
  const urgent = useUrgentNotice();

  if (link.state.value === 'broken') return <Banner kind="warning" icon="cloudOff" text={text('app.reattaching')} />;
  // The alarm of the open chat outranks everything about the connection.
  if (app?.phase !== 'ready' || chats.open.value?.view.value?.alarm === true) return null;
  if (urgent !== undefined) return urgent;
  const { server } = app.account;
  switch (connection.value) {
    case 'offline':
      return (
        <Banner kind="warning" icon="cloudOff" text={text('connection.offline', { server })}>
          <Button size="small" onClick={() => void outcomeOf(core.call('reconnect', {}))}>
            {text('action.tryNow')}
          </Button>
        </Banner>
      );
    case 'connecting':
      return <Banner kind="info" icon="info" text={text('connection.connecting', { server })} />;
    case 'signedOut':
      return (
        <Banner kind="warning" icon="lock" text={text('connection.signedOut')}>
          <Button size="small" kind="primary" onClick={() => (dialog.value = 'signIn')}>
            {text('action.signIn')}
          </Button>
        </Banner>
      );
    case 'unlinked':
      return <Banner kind="error" icon="alert" text={text('connection.unlinked')} />;
    case undefined:
      break;
  }
  return <QuietNotice app={app} />;
};

type ReadyApp = Extract<AppView, { phase: 'ready' }>;

/** What can wait until the connection is well: mail that was lost or set aside, then a key that lies open. */
const QuietNotice = ({ app }: { readonly app: ReadyApp }) => {
  const { dialog, preferences, unprotected, linking, recovery } = useApp();
  const text = useText();
  const hidden = useSignal({ setAside: 0, expired: 0 });

  const history = linking.history.value;
  if (history !== undefined && history.state !== 'finished') return <HistoryNotice />;
  for (const kind of ['expired', 'setAside'] as const) {
    const count = app[kind];
    if (count > hidden.value[kind])
      return (
        <Banner kind="warning" icon="info" text={text(`mail.${kind}`, { count })}>
          <Button size="small" onClick={() => (hidden.value = { ...hidden.value, [kind]: count })}>
            {text('action.dismiss')}
          </Button>
        </Banner>
      );
  }
  if (recovery.kit.value?.state === 'unconfirmed' && !recovery.putOff.value) return <KitNotice />;
  if (!unprotected.value || preferences.keyFile.value === 'accepted') return null;
  return (
    <Banner kind="info" icon="lock" text={text('keyFile.text')}>
      <Button size="small" kind="primary" onClick={() => (dialog.value = 'passphrase')}>
        {text('settings.appLock.set')}
      </Button>
      <Button size="small" onClick={() => (preferences.keyFile.value = 'accepted')}>
        {text('action.dismiss')}
      </Button>
    </Banner>
  );
};
