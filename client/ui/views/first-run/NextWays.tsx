import { Button } from '../../components/Button.js';
import { useApp, useText } from '../app-context.js';

/** What remains where no code helps. */
export const NextWays = ({ withCode = false }: { readonly withCode?: boolean }) => {
  const { firstRun } = useApp();
  const text = useText();
  return (
    <nav class="next-ways" aria-label={text('ways.title')}>
      {withCode && (
        <Button kind="quiet" size="small" onClick={() => firstRun.show('joinManual')}>
          {text('join.typeCode')}
        </Button>
      )}
      <Button kind="quiet" size="small" onClick={() => firstRun.begin('recover')}>
        {text('ways.recoveryKey')}
      </Button>
      <Button kind="quiet" size="small" onClick={() => firstRun.show('dataOnly')}>
        {text('ways.backup')}
      </Button>
    </nav>
  );
};
