import { useSignal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { DeviceView } from '@sotto/client/bridge';
import { Dialog } from '../../components/Dialog.js';
import { Field } from '../../components/Field.js';
import { Form } from '../../components/Form.js';
import { createProof, proofOf } from '../../model/proof.js';
import { useApp, useText } from '../app-context.js';
import { useDialog } from '../dialogs/use-dialog.js';
import { ProofFields } from '../ProofFields.js';
import { useFailureText } from '../words.js';

const Rename = ({ device }: { readonly device: DeviceView }) => {
  const { core, devices, toasts } = useApp();
  const text = useText();
  const { submission } = useDialog('devices');
  const name = useSignal(device.name);
  const failure = useFailureText(submission.failure.value);
  const save = async (): Promise<void> => {
    const { deviceId } = device;
    const view = await submission.run(() => core.call('renameDevice', { deviceId, name: name.value.trim() }));
    if (view === undefined) return;
    devices.adopt(view);
    toasts.show('device.renamed');
  };
  return (
    <Form
      inDialog
      submitLabel={text('device.rename')}
      busyLabel={text('state.working')}
      busy={submission.busy.value}
      incomplete={name.value.trim() === '' ? text('form.incomplete') : undefined}
      onSubmit={save}
    >
      <Field
        label={text('device.name')}
        maxLength={64}
        value={name.value}
        onInput={(value) => (name.value = value)}
        error={failure}
        required
      />
    </Form>
  );
};

/** Says what unlinking does, and asks for the password: without it nothing can be signed. */
const Unlink = ({ device, name }: { readonly device: DeviceView; readonly name: string }) => {
  const { core, devices, dialog, toasts } = useApp();
  const text = useText();
  const { submission } = useDialog('devices');
  const proof = useMemo(createProof, []);
  const unlink = async (): Promise<void> => {
    const { deviceId } = device;
    const view = await submission.run(() => core.call('unlinkDevice', { deviceId, ...proofOf(proof) }));
    if (view === undefined) return;
    devices.adopt(view);
    dialog.value = 'devices';
    toasts.show('device.unlinked');
  };
  return (
    <section class="dialog-part">
      <h3 class="field-label">{text('device.unlink.title', { name })}</h3>
      <p class="field-note">{text('device.unlink.text')}</p>
      <Form
        inDialog
        danger
        submitLabel={text('device.unlink')}
        busyLabel={text('state.working')}
        busy={submission.busy.value}
        incomplete={proof.password.value === '' ? text('form.incomplete') : undefined}
        onSubmit={unlink}
      >
        <ProofFields label={text('offer.password')} proof={proof} failure={submission.failure.value} />
      </Form>
    </section>
  );
};

/** One device of the account: its name, and the way to be rid of it. */
export const DeviceDialog = () => {
  const { devices } = useApp();
  const text = useText();
  const { frame } = useDialog('devices');
  const device = devices.chosenDevice.value;
  if (device === undefined) return null;
  const name = device.name === '' ? text('devices.unnamed') : device.name;
  const linkers = devices.view.value?.devices.filter(({ canLink }) => canLink) ?? [];
  const isLast = device.canLink && linkers.length === 1;
  return (
    <Dialog title={name} {...frame}>
      <Rename device={device} />
      {isLast && !device.own && <p class="field-note">{text('device.last')}</p>}
      {!device.own && !isLast && <Unlink device={device} name={name} />}
    </Dialog>
  );
};
