import { useSignal } from '@preact/signals';
import type { LinkOfferView } from '@sotto/client/bridge';
import { Button } from '../../components/Button.js';
import { Countdown } from '../../components/Countdown.js';
import { FieldError } from '../../components/Field.js';
import { QrCode } from '../../components/QrCode.js';
import { useApp, useText } from '../app-context.js';

type Showing = Extract<LinkOfferView, { state: 'showing' }>;

const GROUP = 4;
const groupsOf = (code: string): readonly string[] =>
  code.replace(/[\s-]/g, '').match(new RegExp(`.{1,${GROUP}}`, 'g')) ?? [];

const ManualCode = ({ code }: { readonly code: string }) => {
  const text = useText();
  return (
    <>
      <p>{text('offer.manual.text')}</p>
      <ol class="digits code-groups" aria-label={text('offer.manual.label')}>
        {groupsOf(code).map((group, index) => (
          <li key={index}>{group}</li>
        ))}
      </ol>
    </>
  );
};

const TextCode = ({ code }: { readonly code: string }) => {
  const { copy, toasts } = useApp();
  const text = useText();
  const failed = useSignal(false);
  const copyCode = async (): Promise<void> => {
    failed.value = !(await copy(code));
    if (!failed.value) toasts.show('offer.copied');
  };
  return (
    <>
      <textarea class="text-box" rows={5} dir="ltr" readOnly aria-label={text('offer.text.label')} value={code} />
      {failed.value && <FieldError text={text('offer.copyFailed')} />}
      <div class="form-actions">
        <Button onClick={() => void copyCode()}>{text('action.copy')}</Button>
      </div>
    </>
  );
};

const codeOf = ({ mode, code }: Showing, words: { readonly qr: string; readonly qrText: string }) => {
  switch (mode) {
    case 'qr':
      return (
        <>
          <p>{words.qrText}</p>
          <QrCode code={code} label={words.qr} />
        </>
      );
    case 'manual':
      return <ManualCode code={code} />;
    case 'text':
      return <TextCode code={code} />;
  }
};

/** The code, as long as somebody looks at this window: a screen that is left alone shows nothing to a passer-by. */
export const OfferCode = ({ offer }: { readonly offer: Showing }) => {
  const { attending } = useApp();
  const text = useText();
  return (
    <div class="dialog-part offer-code">
      {attending.value ? (
        codeOf(offer, { qr: text('offer.qr'), qrText: text('offer.qr.text') })
      ) : (
        <div class="code-hidden" role="status">
          <p class="dialog-title">{text('offer.hidden')}</p>
          <p class="muted">{text('offer.hidden.text')}</p>
        </div>
      )}
      <Countdown
        until={offer.renewsAt}
        line={(time) =>
          text(offer.mode !== 'manual' && offer.renewalsLeft > 0 ? 'offer.renews' : 'offer.expires', { time })
        }
      />
    </div>
  );
};
