import type { RecoveryView } from '@sotto/client/bridge';
import { useEffect, useMemo } from 'preact/hooks';
import { Button } from '../../components/Button.js';
import { Countdown, useSecondsLeft } from '../../components/Countdown.js';
import { FieldError } from '../../components/Field.js';
import { createSubmission } from '../../model/submission.js';
import { useApp, useText, useTranslator } from '../app-context.js';
import { useFailureText } from '../words.js';
import { StepHead } from './StepHead.js';

type Of<S extends RecoveryView['state']> = Extract<RecoveryView, { state: S }>;

const useClose = (): (() => Promise<void>) => {
  const { core, recovery } = useApp();
  return async () => recovery.adoptOwn(await core.call('closeRecovery', {}));
};

const Held = ({ view }: { readonly view: Of<'held'> }) => {
  const { core, recovery } = useApp();
  const { text, times } = useTranslator();
  const submission = useMemo(createSubmission, []);
  const failure = useFailureText(submission.failure.value);
  const isOver = useSecondsLeft(view.until) === 0;
  const close = useClose();
  const goOn = async (): Promise<void> => {
    const next = await submission.run(() => core.call('continueRecovery', {}));
    if (next !== undefined) recovery.adoptOwn(next);
  };
  useEffect(() => {
    if (isOver) void goOn();
  }, [isOver]);
  return (
    <>
      <StepHead
        title={text('recover.held.title', { username: `@${view.username}`, date: times.moment(view.until) })}
        text={text('recover.held.text')}
        focused
      />
      <Countdown until={view.until} line={(time) => text('recover.held.left', { time })} />
      {failure !== undefined && <FieldError text={failure} />}
      <div class="equal-buttons">
        <Button busy={submission.busy.value} onClick={() => void goOn()}>
          {text('recover.held.now')}
        </Button>
        <Button onClick={() => void close()}>{text('action.cancel')}</Button>
      </div>
    </>
  );
};

const Vetoed = ({ view }: { readonly view: Of<'vetoed'> }) => {
  const text = useText();
  const close = useClose();
  return (
    <>
      <StepHead
        title={text('recover.vetoed.title')}
        text={text('recover.vetoed.text', { username: `@${view.username}` })}
        focused
      />
      <Button size="wide" onClick={() => void close()}>
        {text('recover.again')}
      </Button>
    </>
  );
};

/** A recovery that has begun: asking, held until nobody has objected, refused, or done. */
export const RecoveryProgress = ({ view }: { readonly view: Exclude<RecoveryView, { state: 'none' }> }) => {
  const text = useText();
  switch (view.state) {
    case 'asking':
      return <p role="status">{text('recover.working')}</p>;
    case 'held':
      return <Held view={view} />;
    case 'vetoed':
      return <Vetoed view={view} />;
    case 'done':
      return <p role="status">{text('recover.done')}</p>;
  }
};
