import type { ComponentChildren } from 'preact';
import { Button } from '../../components/Button.js';
import type { DialogName } from '../../model/app.js';
import { useApp } from '../app-context.js';

interface SectionProps {
  readonly title: string;
  readonly text: string;
  readonly children?: ComponentChildren;
}

/** A part of a dialog: what it is, how it stands, and what can be done about it. */
export const Section = ({ title, text, children }: SectionProps) => (
  <section class="dialog-section">
    <h3 class="field-label">{title}</h3>
    <p class="field-note">{text}</p>
    {children !== undefined && children !== false && <div class="section-actions">{children}</div>}
  </section>
);

interface OpenDialogProps {
  readonly dialog: DialogName;
  readonly label: string;
}

/** Leads to the dialog that does it. */
export const OpenDialog = ({ dialog: name, label }: OpenDialogProps) => {
  const { dialog } = useApp();
  return <Button onClick={() => (dialog.value = name)}>{label}</Button>;
};
