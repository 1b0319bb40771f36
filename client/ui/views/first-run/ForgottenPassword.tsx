import { useApp, useText } from '../app-context.js';
import { ResetPassword } from '../ResetPassword.js';
import { ServerCard } from './ServerCard.js';
import { StepHead } from './StepHead.js';

export const ForgottenPassword = () => {
  const { firstRun, toasts } = useApp();
  const text = useText();
  const server = firstRun.server.value;
  if (server === undefined) return null;
  const done = (): void => {
    firstRun.back();
    toasts.show('reset.done');
  };
  return (
    <>
      <StepHead title={text('reset.title')} />
      <ServerCard />
      <ResetPassword address={server.address} identifier={firstRun.identifier.value} onDone={done} />
    </>
  );
};
