import { useSignal } from '@preact/signals';
import type { BridgeErrorCode } from '@sotto/client/bridge';
import { useMemo } from 'preact/hooks';
import { Banner } from '../../components/Banner.js';
import { Checkbox } from '../../components/Checkbox.js';
import { Choices } from '../../components/Choices.js';
import { clockOf, useSecondsLeft } from '../../components/Countdown.js';
import { FieldError } from '../../components/Field.js';
import { Form } from '../../components/Form.js';
import { createProof, proofOf } from '../../model/proof.js';
import { useApp, useText } from '../app-context.js';
import { CodeInput } from '../codes/CodeInput.js';
import { ProofFields } from '../ProofFields.js';
import { useFailureText } from '../words.js';

const WAYS = ['qr', 'manual', 'scan', 'text'] as const;
type Way = (typeof WAYS)[number];

/** Long enough for the warning to be read rather than clicked away. */
const TEXT_DELAY_MS = 30_000;

const ABOUT_PROOF: ReadonlySet<BridgeErrorCode> = new Set([
  'wrongCredentials',
  'secondFactorRequired',
  'wrongSecondFactor',
]);

const TextWarning = ({ until }: { readonly until: number }) => {
  const text = useText();
  const seconds = useSecondsLeft(until);
  return (
    <>
      <Banner kind="error" icon="alert" text={text('offer.textWarning')} />
      {seconds > 0 && <p class="field-note">{text('offer.textWait', { time: clockOf(seconds) })}</p>}
    </>
  );
};

/** Password, what will be shared, and how the code gets over. */
export const OfferStart = () => {
  const { linking } = useApp();
  const text = useText();
  const proof = useMemo(createProof, []);
  const history = useSignal(true);
  const way = useSignal<Way>('qr');
  const scanning = useSignal(false);
  const readable = useSignal(0);
  const secondsLeft = useSecondsLeft(readable.value);
  const failure = useFailureText(linking.offering.failure.value);
  const choices = useMemo(() => WAYS.map((value) => ({ value, label: text(`offer.way.${value}`) })), [text]);

  const choose = (next: Way): void => {
    way.value = next;
    readable.value = next === 'text' ? Date.now() + TEXT_DELAY_MS : 0;
  };
  const isWaiting = way.value === 'text' && secondsLeft > 0;
  const incomplete =
    proof.password.value === '' || isWaiting ? text(isWaiting ? 'offer.textWarning' : 'form.incomplete') : undefined;

  const submit = async (): Promise<void> => {
    if (way.value === 'scan') {
      linking.offering.forget();
      scanning.value = true;
      return;
    }
    await linking.askOffer('startLinkOffer', { ...proofOf(proof), mode: way.value, history: history.value });
  };
  const scan = async (code: string): Promise<void> => {
    await linking.askOffer('scanNewDevice', { ...proofOf(proof), code, history: history.value });
    const refusal = linking.offering.failure.peek();
    // What was typed is wrong, not what was scanned: back to where it can be mended.
    if (refusal !== undefined && refusal !== 'detached' && ABOUT_PROOF.has(refusal.code)) scanning.value = false;
  };

  if (scanning.value)
    return (
      <section class="dialog-part">
        <h3 class="field-label">{text('offer.scan.title')}</h3>
        <CodeInput busy={linking.offering.busy.value} onCode={(code) => void scan(code)} />
        {failure !== undefined && <FieldError text={failure} />}
      </section>
    );
  return (
    <>
      <p class="muted">{text('offer.text')}</p>
      <Form
        inDialog
        submitLabel={text(way.value === 'scan' ? 'offer.scan' : 'offer.start')}
        busyLabel={text('state.working')}
        busy={linking.offering.busy.value}
        incomplete={incomplete}
        onSubmit={submit}
      >
        <ProofFields label={text('offer.password')} proof={proof} failure={linking.offering.failure.value} autoFocus />
        <Checkbox
          label={text('offer.history')}
          checked={history.value}
          onChange={(wanted) => (history.value = wanted)}
        />
        <Choices legend={text('offer.way')} value={way.value} choices={choices} onChoose={choose} />
        {way.value === 'text' && <TextWarning until={readable.value} />}
      </Form>
    </>
  );
};
