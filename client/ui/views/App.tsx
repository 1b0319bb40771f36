import { AppProvider } from './app-context.js';
import { Detached } from './Detached.js';
import { FirstRun } from './first-run/FirstRun.js';
import { LockScreen } from './LockScreen.js';
import { Shell } from './Shell.js';
import { StartFailed } from './StartFailed.js';
import { Starting } from './Starting.js';
import type { App as AppModel, Screen } from '../model/app.js';

const screenView = (screen: Screen) => {
  switch (screen) {
    case 'starting':
      return <Starting />;
    case 'detached':
      return <Detached />;
    case 'failed':
      return <StartFailed />;
    case 'locked':
      return <LockScreen />;
    case 'firstRun':
      return <FirstRun />;
    case 'chats':
      return <Shell />;
  }
};

export const App = ({ app }: { readonly app: AppModel }) => (
  <AppProvider value={app}>{screenView(app.screen.value)}</AppProvider>
);
