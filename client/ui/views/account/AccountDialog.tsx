import type { AccountPageView } from '@sotto/client/bridge';
import { useEffect } from 'preact/hooks';
import { Button } from '../../components/Button.js';
import { Dialog } from '../../components/Dialog.js';
import { FieldError } from '../../components/Field.js';
import type { Translator } from '../../i18n/translator.js';
import { useApp, useTranslator } from '../app-context.js';
import { OpenDialog, Section } from '../dialogs/Section.js';
import { useDialog } from '../dialogs/use-dialog.js';
import { useFailureText } from '../words.js';

/** The account as the server knows it, and its end. */
export const AccountDialog = () => {
  const { accountPage, state } = useApp();
  const { text, times } = useTranslator();
  const { frame } = useDialog('settings');
  const failure = useFailureText(accountPage.failure.value);
  const page = accountPage.view.value;
  const app = state.app.value;
  useEffect(() => void accountPage.refresh(), []);
  if (app?.phase !== 'ready') return null;
  return (
    <Dialog title={text('account.title')} {...frame}>
      {page !== undefined && (
        <p class="dialog-value">
          {text('account.since', {
            username: `@${page.username}`,
            server: app.account.server,
            date: times.fullDate(page.createdAt),
          })}
        </p>
      )}
      {page === undefined && failure === undefined && <p role="status">{text('account.loading')}</p>}
      {failure !== undefined && <FieldError text={failure} />}
      {page !== undefined && <PageSections page={page} />}
      <Section title={text('account.erase')} text={text('account.erase.text')}>
        <OpenDialog dialog="eraseHere" label={text('account.erase.open')} />
      </Section>
      {page !== undefined && (
        <Section title={text('account.delete')} text={text('account.delete.text')}>
          <OpenDialog dialog="deleteAccount" label={text('account.delete.open')} />
        </Section>
      )}
    </Dialog>
  );
};

const emailText = ({ email, emailConfirmedAt, pendingEmail, mail }: AccountPageView, { text, times }: Translator) => {
  if (pendingEmail !== undefined) return text('account.email.pending', { email: pendingEmail });
  if (email === undefined) return text('account.email.none');
  if (!mail) return email;
  return emailConfirmedAt === undefined
    ? text('account.email.unconfirmed', { email })
    : text('account.email.confirmed', { email, date: times.fullDate(emailConfirmedAt) });
};

const PageSections = ({ page }: { readonly page: AccountPageView }) => {
  const translator = useTranslator();
  const { text } = translator;
  return (
    <>
      <Section title={text('account.email')} text={emailText(page, translator)}>
        {page.pendingEmail !== undefined && (
          <OpenDialog dialog="confirmEmail" label={text('account.email.enterCode')} />
        )}
        <OpenDialog
          dialog="changeEmail"
          label={text(page.email === undefined ? 'account.email.add' : 'account.email.change')}
        />
      </Section>
      <Section
        title={text('account.password')}
        text={text(page.keysClosed ? 'account.password.closed' : 'account.password.text')}
      >
        {page.keysClosed && <OpenDialog dialog="earlierPassword" label={text('account.password.earlier')} />}
        <OpenDialog dialog="changePassword" label={text('account.password.change')} />
      </Section>
      <Section
        title={text('account.factor')}
        text={page.secondFactor ? text('account.factor.on', { count: page.backupCodes }) : text('account.factor.off')}
      >
        {page.secondFactor ? (
          <>
            <OpenDialog dialog="backupCodes" label={text('account.factor.renew')} />
            <OpenDialog dialog="secondFactorOff" label={text('account.factor.remove')} />
          </>
        ) : (
          <OpenDialog dialog="secondFactor" label={text('account.factor.setUp')} />
        )}
      </Section>
      <LockSection page={page} />
      <Section title={text('account.export')} text={text('account.export.text')}>
        <OpenDialog dialog="exportAccount" label={text('account.export.open')} />
      </Section>
    </>
  );
};

/** Anybody at a device may close the lock; lifting it takes the password. */
const LockSection = ({ page }: { readonly page: AccountPageView }) => {
  const { accountPage, core, toasts } = useApp();
  const { text } = useTranslator();
  const { submission } = useDialog();
  const failure = useFailureText(submission.failure.value);
  const lock = async (): Promise<void> => {
    const next = await submission.run(() => core.call('lockLinking', {}));
    if (next === undefined) return;
    accountPage.adopt(next);
    toasts.show('account.lock.closed');
  };
  return (
    <Section title={text('account.lock')} text={text(page.linkingLocked ? 'account.lock.on' : 'account.lock.off')}>
      {page.linkingLocked ? (
        <OpenDialog dialog="unlockLinking" label={text('account.lock.lift')} />
      ) : (
        <Button busy={submission.busy.value} onClick={() => void lock()}>
          {text('account.lock.close')}
        </Button>
      )}
      {failure !== undefined && <FieldError text={failure} />}
    </Section>
  );
};
