import type { LinkOfferView } from '@sotto/client/bridge';
import { Button } from '../../components/Button.js';
import { Dialog } from '../../components/Dialog.js';
import { FieldError } from '../../components/Field.js';
import { useApp, useText } from '../app-context.js';
import { useDialog } from '../dialogs/use-dialog.js';
import { HistoryProgress } from '../HistoryProgress.js';
import { OfferCode } from './OfferCode.js';
import { OfferConfirm } from './OfferConfirm.js';
import { OfferStart } from './OfferStart.js';

const Linked = ({ offer }: { readonly offer: Extract<LinkOfferView, { state: 'linked' }> }) => {
  const text = useText();
  return (
    <div role="status" class="dialog-part">
      <p>{text('offer.linked', { name: offer.deviceName })}</p>
      {offer.history !== undefined && <HistoryProgress history={offer.history} />}
    </div>
  );
};

const Ended = ({ reason }: { readonly reason: Extract<LinkOfferView, { state: 'ended' }>['reason'] }) => {
  const { linking, dialog } = useApp();
  const text = useText();
  const words = reason === 'refused' ? text('offer.refused') : text(`linkEnd.${reason}`);
  const again = (): void => void linking.askOffer('closeLinkOffer', {});
  return (
    <>
      <FieldError text={words} />
      <div class="form-actions">
        {reason === 'tooManyDevices' && (
          <Button onClick={() => (dialog.value = 'devices')}>{text('devices.title')}</Button>
        )}
        <Button kind="primary" onClick={again}>
          {text('offer.again')}
        </Button>
      </div>
    </>
  );
};

const stepOf = (offer: LinkOfferView, approved: (name: string) => string, claimed: string) => {
  switch (offer.state) {
    case 'none':
      return <OfferStart />;
    case 'showing':
      return <OfferCode offer={offer} />;
    case 'claimed':
      return <p role="status">{claimed}</p>;
    case 'confirming':
      return <OfferConfirm offer={offer} />;
    case 'approved':
      return <p role="status">{approved(offer.deviceName)}</p>;
    case 'linked':
      return <Linked offer={offer} />;
    case 'ended':
      return <Ended reason={offer.reason} />;
  }
};

/** The authorised device's side of a link. Closing it ends what is being shown; a link that has come further goes on. */
export const LinkDeviceDialog = () => {
  const { linking } = useApp();
  const text = useText();
  const { frame } = useDialog('devices');
  const offer = linking.offer.value;
  const leaving = (leave: () => void) => (): void => {
    const isOver = ['showing', 'claimed', 'confirming', 'linked', 'ended'].includes(offer.state);
    if (isOver) void linking.askOffer('closeLinkOffer', {});
    linking.offering.forget();
    leave();
  };
  const title =
    offer.state === 'confirming' ? text('offer.confirm.title', { name: offer.deviceName }) : text('offer.title');
  return (
    <Dialog
      title={title}
      {...frame}
      onClose={leaving(frame.onClose)}
      back={frame.back && { ...frame.back, onBack: leaving(frame.back.onBack) }}
    >
      {stepOf(offer, (name) => text('offer.approved', { name }), text('offer.claimed'))}
    </Dialog>
  );
};
