import { Button } from '../../components/Button.js';
import { Logo } from '../../components/Logo.js';
import { useApp, useText } from '../app-context.js';

export const Welcome = () => {
  const { firstRun } = useApp();
  const text = useText();
  return (
    <>
      <div class="entrance-head entrance-welcome">
        <Logo />
        <h1 class="heading">{text('firstRun.welcome.title')}</h1>
        <p class="entrance-text">{text('firstRun.welcome.text')}</p>
      </div>
      <div class="entrance-actions">
        <Button kind="primary" size="wide" onClick={() => firstRun.begin('create')}>
          {text('firstRun.createAccount')}
        </Button>
        <Button size="wide" onClick={() => firstRun.show('join')}>
          {text('firstRun.linkDevice')}
        </Button>
        <div class="equal-buttons">
          <Button kind="quiet" onClick={() => firstRun.begin('signIn')}>
            {text('firstRun.signIn')}
          </Button>
          <Button kind="quiet" onClick={() => firstRun.begin('recover')}>
            {text('firstRun.recover')}
          </Button>
        </div>
      </div>
    </>
  );
};
