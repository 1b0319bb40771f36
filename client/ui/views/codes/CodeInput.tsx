import { useSignal } from '@preact/signals';
import { useId, useRef } from 'preact/hooks';
import { Button } from '../../components/Button.js';
import { FieldError } from '../../components/Field.js';
import { Icon } from '../../components/Icon.js';
import { seenCode, type CameraTrouble, type SeenCode } from '../../model/code-reader.js';
import { useApp, useText } from '../app-context.js';
import { CameraView } from './CameraView.js';

interface CodeInputProps {
  readonly busy: boolean;
  readonly onCode: (code: string) => void;
}

type Trouble = CameraTrouble | Exclude<SeenCode['kind'], 'code'> | 'noPicture';

const isCamera = (trouble: Trouble): trouble is CameraTrouble => trouble === 'denied' || trouble === 'missing';

/** Camera, picture, clipboard: three ways to hand in a code, and one parser behind them. */
export const CodeInput = ({ busy, onCode }: CodeInputProps) => {
  const { codeReader } = useApp();
  const text = useText();
  const id = useId();
  const open = useSignal<'camera' | 'paste' | undefined>(undefined);
  const trouble = useSignal<Trouble | undefined>(undefined);
  const pasted = useSignal('');
  const file = useRef<HTMLInputElement>(null);

  const take = (seen: SeenCode): void => {
    trouble.value = seen.kind === 'code' ? undefined : seen.kind;
    if (seen.kind !== 'code') return;
    open.value = undefined;
    pasted.value = '';
    onCode(seen.code);
  };
  const takePicture = async (picture: Blob): Promise<void> => {
    const texts = await codeReader.readPicture(picture);
    if (texts === undefined) trouble.value = 'noPicture';
    else take(seenCode(texts));
  };
  const show = (way: 'camera' | 'paste'): void => {
    trouble.value = undefined;
    open.value = open.value === way ? undefined : way;
  };
  const onPaste = (event: ClipboardEvent): void => {
    const [picture] = [...(event.clipboardData?.files ?? [])];
    if (picture === undefined) return;
    event.preventDefault();
    void takePicture(picture);
  };
  const submit = (event: Event): void => {
    event.preventDefault();
    if (pasted.value.trim() !== '') take(seenCode([pasted.value]));
  };

  return (
    <section class="code-input">
      <div class="code-ways">
        <Button busy={busy} onClick={() => show('camera')}>
          <Icon name="camera" />
          {text(open.value === 'camera' ? 'code.camera.stop' : 'code.camera')}
        </Button>
        <Button busy={busy} onClick={() => file.current?.click()}>
          <Icon name="image" />
          {text('code.image')}
        </Button>
        <Button busy={busy} onClick={() => show('paste')}>
          <Icon name="paste" />
          {text('code.paste')}
        </Button>
      </div>
      <input
        ref={file}
        class="visually-hidden"
        type="file"
        accept="image/*"
        tabIndex={-1}
        aria-label={text('code.image')}
        onChange={(event) => {
          const [picture] = [...(event.currentTarget.files ?? [])];
          event.currentTarget.value = '';
          if (picture !== undefined) void takePicture(picture);
        }}
      />
      {open.value === 'camera' && (
        <CameraView
          onSeen={take}
          onTrouble={(kind) => {
            open.value = undefined;
            trouble.value = kind;
          }}
        />
      )}
      {open.value === 'paste' && (
        <form class="form" noValidate onSubmit={submit}>
          <div class="field">
            <label class="field-label" for={id}>
              {text('code.paste.label')}
            </label>
            <textarea
              id={id}
              class="text-box"
              rows={3}
              dir="ltr"
              autoComplete="off"
              spellcheck={false}
              autoFocus
              value={pasted.value}
              onPaste={onPaste}
              onInput={(event) => (pasted.value = event.currentTarget.value)}
            />
          </div>
          <Button type="submit" kind="primary" busy={busy}>
            {text('code.paste.submit')}
          </Button>
        </form>
      )}
      {trouble.value !== undefined && (
        <FieldError
          text={text(isCamera(trouble.value) ? `code.trouble.${trouble.value}` : `code.seen.${trouble.value}`)}
        />
      )}
    </section>
  );
};
