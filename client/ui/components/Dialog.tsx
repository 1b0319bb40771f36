import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import { IconButton } from './Button.js';

interface DialogProps {
  readonly title: string;
  readonly closeLabel: string;
  readonly onClose: () => void;
  /** Leads to the dialog that this one was opened from. */
  readonly back?: { readonly label: string; readonly onBack: () => void } | undefined;
  /** Stands apart from the rest, above it. */
  readonly notice?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A modal: the browser traps the focus in it; when it goes, the focus returns to where it was. */
export const Dialog = ({ title, closeLabel, onClose, back, notice, children }: DialogProps) => {
  const titleId = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  // Looked up before a field inside can take the focus.
  const before = useRef(document.activeElement).current;

  useLayoutEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => {
      element?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);

  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      // A press that starts and ends on the backdrop itself.
      onMouseDown={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      <div class="dialog-body">
        <div class="dialog-head">
          {back !== undefined && <IconButton icon="back" label={back.label} onClick={back.onBack} />}
          <h2 id={titleId} class="dialog-title" tabIndex={-1}>
            {title}
          </h2>
          <IconButton icon="close" label={closeLabel} onClick={onClose} />
        </div>
        {children}
      </div>
      {notice}
    </dialog>
  );
};
