import type { JoinView } from '@sotto/client/bridge';
import { Button } from '../../components/Button.js';
import { Countdown } from '../../components/Countdown.js';
import { FieldError } from '../../components/Field.js';
import { QrCode } from '../../components/QrCode.js';
import { useApp, useText } from '../app-context.js';
import { DigitsForm } from '../codes/DigitsForm.js';
import { ShownDigits } from '../codes/ShownDigits.js';
import { useFailureText } from '../words.js';
import { NextWays } from './NextWays.js';
import { StepHead } from './StepHead.js';

type Of<S extends JoinView['state']> = Extract<JoinView, { state: S }>;

const useCancel = (): (() => void) => {
  const { linking } = useApp();
  return () => void linking.askJoin('closeJoin', {});
};

const Cancel = () => {
  const text = useText();
  return <Button onClick={useCancel()}>{text('action.cancel')}</Button>;
};

const Ends = ({ at }: { readonly at: number }) => {
  const text = useText();
  return <Countdown until={at} line={(time) => text('offer.ends', { time })} />;
};

const Showing = ({ join }: { readonly join: Of<'showing'> }) => {
  const text = useText();
  return (
    <>
      <StepHead title={text('join.reverse.title')} text={text('join.showing')} focused />
      <QrCode code={join.code} label={text('join.qr')} />
      <Countdown until={join.expiresAt} line={(time) => text('offer.expires', { time })} />
      <Cancel />
    </>
  );
};

const Digits = ({ join }: { readonly join: Of<'digits'> }) => {
  const text = useText();
  return (
    <>
      <StepHead title={text('join.digits.title')} text={text('join.digits.text')} focused />
      <ShownDigits digits={join.digits} />
      <Ends at={join.endsAt} />
      <Cancel />
    </>
  );
};

const Typing = ({ join }: { readonly join: Of<'typing'> }) => {
  const { linking } = useApp();
  const text = useText();
  const failure = useFailureText(linking.joining.failure.value);
  return (
    <>
      <StepHead title={text('join.typing.title')} text={text('offer.show.text')} />
      <DigitsForm
        label={text('join.typing.label')}
        submitLabel={text('action.continue')}
        refuseLabel={text('action.cancel')}
        busy={linking.joining.busy.value}
        error={failure}
        onDigits={(digits) => void linking.askJoin('typeJoinDigits', { digits })}
        onRefuse={useCancel()}
      />
      <Ends at={join.endsAt} />
    </>
  );
};

const Asking = ({ join }: { readonly join: Of<'asking'> }) => {
  const { linking } = useApp();
  const text = useText();
  const cancel = useCancel();
  const failure = useFailureText(linking.joining.failure.value);
  return (
    <>
      <StepHead
        title={text('join.asking.title', { username: `@${join.username}`, host: join.host })}
        text={text('join.asking.text')}
        focused
      />
      <details>
        <summary class="fingerprint-summary">{text('firstRun.server.fingerprint')}</summary>
        <p class="fingerprint" dir="ltr">
          {join.fingerprint}
        </p>
      </details>
      {failure !== undefined && <FieldError text={failure} />}
      <div class="equal-buttons">
        <Button busy={linking.joining.busy.value} onClick={() => void linking.askJoin('confirmJoin', {})}>
          {text('join.join')}
        </Button>
        <Button onClick={cancel}>{text('join.notMine')}</Button>
      </div>
      <Ends at={join.endsAt} />
    </>
  );
};

const Ended = ({ reason }: { readonly reason: Of<'ended'>['reason'] }) => {
  const { firstRun } = useApp();
  const text = useText();
  const cancel = useCancel();
  const again = (): void => {
    cancel();
    firstRun.show('join');
  };
  return (
    <>
      <StepHead title={text('join.ended.title')} focused />
      <FieldError text={text(`linkEnd.${reason}`)} />
      <Button kind="primary" size="wide" onClick={again}>
        {text('join.newCode')}
      </Button>
      {/* Each of them leaves the link that has ended behind. */}
      <div class="next-ways" onClick={cancel}>
        <NextWays withCode />
      </div>
    </>
  );
};

const Waiting = ({ words }: { readonly words: string }) => (
  <>
    <p class="entrance-text" role="status">
      {words}
    </p>
    <Cancel />
  </>
);

/** The new device's side of a link under way. */
export const JoinProgress = ({ join }: { readonly join: Exclude<JoinView, { state: 'none' }> }) => {
  const text = useText();
  switch (join.state) {
    case 'showing':
      return <Showing join={join} />;
    case 'connecting':
      return <Waiting words={text('join.connecting', { host: join.host })} />;
    case 'digits':
      return <Digits join={join} />;
    case 'typing':
      return <Typing join={join} />;
    case 'asking':
      return <Asking join={join} />;
    case 'joining':
      return (
        <p class="entrance-text" role="status">
          {text('join.joining', { username: `@${join.username}`, host: join.host })}
        </p>
      );
    case 'ended':
      return <Ended reason={join.reason} />;
  }
};
