import qrcode from 'qrcode';
import { useMemo } from 'preact/hooks';

interface QrCodeProps {
  readonly code: string;
  readonly label: string;
}

const QUIET_MODULES = 4;

/** Runs of dark modules, each a rectangle one module high. */
const outline = (size: number, data: Uint8Array): string => {
  let path = '';
  for (let y = 0; y < size; y += 1)
    for (let x = 0; x < size; x += 1) {
      const start = x;
      while (x < size && data[y * size + x] === 1) x += 1;
      if (x > start) path += `M${start + QUIET_MODULES} ${y + QUIET_MODULES}h${x - start}v1h${start - x}z`;
    }
  return path;
};

/** Dark on light in every theme: not every camera program reads the inverse. */
export const QrCode = ({ code, label }: QrCodeProps) => {
  const { size, path } = useMemo(() => {
    const { modules } = qrcode.create(code, { errorCorrectionLevel: 'M' });
    return { size: modules.size + 2 * QUIET_MODULES, path: outline(modules.size, modules.data) };
  }, [code]);
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} focusable="false">
      <rect class="qr-paper" width={size} height={size} />
      <path class="qr-ink" d={path} />
    </svg>
  );
};
