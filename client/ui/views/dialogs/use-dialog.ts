import { useMemo } from 'preact/hooks';
import type { DialogName } from '../../model/app.js';
import { createSubmission, type Submission } from '../../model/submission.js';
import { useApp, useText } from '../app-context.js';

interface DialogFrame {
  readonly closeLabel: string;
  readonly onClose: () => void;
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
      back: from && { label: text('action.back'), onBack: () => (dialog.value = from) },
    },
    submission,
  };
};
