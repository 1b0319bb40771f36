import { useApp, useText } from './app-context.js';

export const ToastView = () => {
  const { toasts } = useApp();
  const text = useText();
  const key = toasts.current.value;
  return (
    <div role="status">
      {key !== undefined && (
        <p class="toast" onPointerEnter={toasts.hold} onPointerLeave={toasts.release}>
          {text(key)}
        </p>
      )}
    </div>
  );
};
