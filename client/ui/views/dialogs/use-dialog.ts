import { useMemo } from 'preact/hooks';
import { createSubmission, type Submission } from '../../model/submission.js';
import { useApp, useText } from '../app-context.js';

/** What every dialog needs: a way to close, and one thing at a time to submit. */
export const useDialog = (): {
  readonly frame: { readonly closeLabel: string; readonly onClose: () => void };
  readonly submission: Submission;
} => {
  const { dialog } = useApp();
  const text = useText();
  const submission = useMemo(createSubmission, []);
  return {
    frame: { closeLabel: text('action.close'), onClose: () => (dialog.value = undefined) },
    submission,
  };
};
