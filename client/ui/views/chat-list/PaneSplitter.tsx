import { useRef } from 'preact/hooks';
import { boundedWidth, LIST_WIDTH } from '../../model/preferences.js';
import { useApp, useText } from '../app-context.js';

const KEY_STEP = 16;

/** The edge of the chat list: dragged, or moved by the arrow keys. */
export const PaneSplitter = () => {
  const { preferences, translator } = useApp();
  const text = useText();
  const start = useRef<{ readonly x: number; readonly width: number } | undefined>(undefined);
  const { listWidth } = preferences;
  // Towards the end of the line is wider, whichever way lines run.
  const sign = translator.value.direction === 'rtl' ? -1 : 1;

  return (
    <div
      class="pane-splitter"
      role="separator"
      aria-orientation="vertical"
      aria-label={text('chats.resize')}
      aria-valuemin={LIST_WIDTH.least}
      aria-valuemax={LIST_WIDTH.most}
      aria-valuenow={listWidth.value}
      tabIndex={0}
      onPointerDown={(event) => {
        start.current = { x: event.clientX, width: listWidth.value };
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        if (start.current === undefined) return;
        listWidth.value = boundedWidth(start.current.width + sign * (event.clientX - start.current.x));
      }}
      onPointerUp={() => (start.current = undefined)}
      onPointerCancel={() => (start.current = undefined)}
      onDblClick={() => (listWidth.value = LIST_WIDTH.usual)}
      onKeyDown={(event) => {
        if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
        event.preventDefault();
        const step = event.key === 'ArrowRight' ? KEY_STEP : -KEY_STEP;
        listWidth.value = boundedWidth(listWidth.value + sign * step);
      }}
    />
  );
};
