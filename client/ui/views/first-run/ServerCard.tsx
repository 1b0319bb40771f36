import { Icon } from '../../components/Icon.js';
import { Button } from '../../components/Button.js';
import { useApp, useText } from '../app-context.js';

/** The server that answered, and its fingerprint for those who were given one. */
export const ServerCard = () => {
  const { firstRun } = useApp();
  const text = useText();
  const server = firstRun.server.value;
  if (server === undefined) return null;
  return (
    <div class="server-card">
      <div class="server-card-line">
        <Icon name="check" />
        <span class="server-card-name">{text('firstRun.server.found', { server: server.address })}</span>
        <Button kind="quiet" size="small" onClick={firstRun.back}>
          {text('firstRun.server.change')}
        </Button>
      </div>
      <details>
        <summary class="fingerprint-summary">{text('firstRun.server.fingerprint')}</summary>
        <p class="fingerprint" dir="ltr">
          {server.fingerprint}
        </p>
        <p class="field-note">{text('firstRun.server.fingerprint.hint')}</p>
      </details>
    </div>
  );
};
