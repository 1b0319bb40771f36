import type { ComponentChildren } from 'preact';
import { useMemo } from 'preact/hooks';
import type { DialogName } from '../../model/app.js';
import { createSubmission, type Submission } from '../../model/submission.js';
import { useApp, useText } from '../app-context.js';
import { ToastView } from '../ToastView.js';

interface DialogFrame {
  readonly closeLabel: string;
  readonly onClose: () => void;
  /** A modal covers everything outside of it, for the eye and for a screen reader: what is said meanwhile is said inside. */
  readonly notice: ComponentChildren;
  readonly back: { readonly label: string; readonly onBack: () => void } | undefined;
}

/** What every dialog needs: a way to close, one to where it was opened `from`, and one thing at a time to submit. */
export const useDialog = (from?: DialogName): { readonly frame: DialogFrame; readonly submission: Submission } => {
  const { dialog } = useApp();
  const text = useText();
  const submission = useMemo(createSubmission, []);
  return {
    frame: {
      closeLabel: text('action.close'),
      onClose: () => (dialog.value = undefined),
      notice: <ToastView />,
      back: from && { label: text('action.back'), onBack: () => (dialog.value = from) },
    },
    submission,
  };
};
