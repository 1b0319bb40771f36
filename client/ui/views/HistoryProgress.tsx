import type { HistoryView } from '@sotto/client/bridge';
import { Button } from '../components/Button.js';
import { ProgressBar } from '../components/ProgressBar.js';
import { useApp, useText } from './app-context.js';

/** How the history is getting on; both sides show the same. */
export const HistoryProgress = ({ history }: { readonly history: HistoryView }) => {
  const { linking } = useApp();
  const text = useText();
  const { done, total, state } = history;
  if (state === 'finished') return <p>{text('history.finished')}</p>;
  if (state === 'held') return <p>{text('history.held')}</p>;
  if (state === 'failed')
    return (
      <div class="dialog-section" role="alert">
        <p>{text('history.failed', { done, total })}</p>
        <div>
          <Button onClick={() => void linking.retryHistory()}>{text('action.tryAgain')}</Button>
        </div>
      </div>
    );
  return <ProgressBar label={text('history.progress', { done, total })} done={done} total={total} />;
};
