import type { DeliveryView } from '@sotto/client/bridge';

interface DeliveryMarkProps {
  readonly state: DeliveryView['state'];
  readonly label: string;
}

const CHECK = 'M4.5 7.5 7 10l5.5-6';
const CHECKS = 'M1.5 7.5 4 10l5.5-6M8 9.4l.6.6 5.5-6';

const shapeOf = (state: DeliveryView['state']) => {
  switch (state) {
    case 'waiting':
      return <path d="M9 12.7A5.7 5.7 0 1 0 9 1.3a5.7 5.7 0 0 0 0 11.4ZM9 4v3.2l2 1.2" />;
    case 'sent':
      return <path d={CHECK} />;
    case 'delivered':
      return <path d={CHECKS} />;
    case 'read':
      return (
        <>
          <rect class="delivery-fill" x="0" y="0.5" width="18" height="13" rx="6.5" />
          <path class="delivery-cut" d="M3.5 7.2 5.6 9.3l4.4-4.7M8.7 8.9l.4.4 4.4-4.7" />
        </>
      );
    case 'failed':
      return <path d="M9 12.7A5.7 5.7 0 1 0 9 1.3a5.7 5.7 0 0 0 0 11.4ZM9 4v3.3M9 9.7v.1" />;
  }
};

/** How far an own message has come: a shape of its own for each state, and its word. */
export const DeliveryMark = ({ state, label }: DeliveryMarkProps) => (
  <svg class={`delivery delivery-${state}`} viewBox="0 0 18 14" role="img" aria-label={label} focusable="false">
    <title>{label}</title>
    {shapeOf(state)}
  </svg>
);
