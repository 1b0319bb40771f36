import type { LinkOfferView } from '@sotto/client/bridge';
import { Banner } from '../../components/Banner.js';
import { Button } from '../../components/Button.js';
import { Countdown } from '../../components/Countdown.js';
import { FieldError } from '../../components/Field.js';
import { useApp, useText } from '../app-context.js';
import { DigitsForm } from '../codes/DigitsForm.js';
import { ShownDigits } from '../codes/ShownDigits.js';
import { useFailureText } from '../words.js';

type Confirming = Extract<LinkOfferView, { state: 'confirming' }>;

/** Who asks, and what it gets; then digits, and two equal answers. */
export const OfferConfirm = ({ offer }: { readonly offer: Confirming }) => {
  const { linking } = useApp();
  const text = useText();
  const { offering, askOffer } = linking;
  const failure = useFailureText(offering.failure.value);
  const count = offer.history.messages;
  const items = count === 0 ? text('offer.confirm.items') : text('offer.confirm.itemsAndHistory', { count });
  const refuse = (): void => void askOffer('refuseLink', {});
  return (
    <div class="dialog-part">
      <p class="device-name">{text('offer.confirm.device', { name: offer.deviceName, system: offer.system })}</p>
      <p class="muted">{text('offer.confirm.gets', { items })}</p>
      {offer.contested && <Banner kind="error" icon="alert" text={text('offer.contested')} />}
      {offer.digits.kind === 'type' ? (
        <DigitsForm
          label={text('offer.digits')}
          submitLabel={text('offer.link')}
          refuseLabel={text('offer.notMe')}
          busy={offering.busy.value}
          error={failure}
          onDigits={(digits) => void askOffer('approveLink', { digits })}
          onRefuse={refuse}
        />
      ) : (
        <>
          <p>{text('offer.show.text')}</p>
          <ShownDigits digits={offer.digits.value} />
          {failure !== undefined && <FieldError text={failure} />}
          <div class="equal-buttons">
            <Button
              busy={offering.busy.value}
              disabledReason={offer.digits.typed ? undefined : text('offer.show.wait')}
              onClick={() => void askOffer('approveLink', {})}
            >
              {text('offer.link')}
            </Button>
            <Button onClick={refuse}>{text('offer.notMe')}</Button>
          </div>
        </>
      )}
      <Countdown until={offer.endsAt} line={(time) => text('offer.ends', { time })} />
    </div>
  );
};
