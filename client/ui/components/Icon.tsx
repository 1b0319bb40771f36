/** Drawn on 20 × 20 with a line of 1.7. */
const PATHS = {
  alert:
    'M10 6.2v4.6M10 13.8v.1M8.6 3.3 1.9 15a1.6 1.6 0 0 0 1.4 2.4h13.4a1.6 1.6 0 0 0 1.4-2.4L11.4 3.3a1.6 1.6 0 0 0-2.8 0Z',
  arrowDown: 'M10 4v12M5 11l5 5 5-5',
  back: 'M16 10H4M9 5l-5 5 5 5',
  check: 'M4 10.5 8 14.5 16 6',
  close: 'M5 5l10 10M15 5 5 15',
  camera:
    'M2.5 6.500A1.5 1.500 0 0 1 4 5h2.200l1.300-2h5l1.300 2H16a1.500 1.500 0 0 1 1.500 1.500V15a1.500 1.500 0 0 1-1.500 1.500H4A1.500 1.500 0 0 1 2.500 15ZM10 13.500a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z',
  cloudOff: 'M3 3l14 14M8 5.3A5 5 0 0 1 15 9a3.5 3.5 0 0 1 1.7 5.6M5.2 7.6A4.2 4.2 0 0 0 5.5 16h8.6',
  compose:
    'M16 10.8V16a1.5 1.5 0 0 1-1.5 1.5H4A1.5 1.5 0 0 1 2.5 16V5.5A1.5 1.5 0 0 1 4 4h5.2M15 2.6a1.7 1.7 0 0 1 2.4 2.4L10.5 12 7.3 12.7 8 9.5Z',
  device: 'M4 3.500h12a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1v-8a1 1 0 0 1 1-1ZM7 17h6M10 13.500V17',
  eye: 'M1.8 10S4.8 4.6 10 4.6 18.2 10 18.2 10 15.2 15.4 10 15.4 1.8 10 1.8 10ZM10 12.3a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6Z',
  eyeOff:
    'M3 3l14 14M8.2 4.8A7.6 7.6 0 0 1 10 4.6c5.2 0 8.2 5.4 8.2 5.4a14 14 0 0 1-2.2 2.8M5.3 6.1A13.6 13.6 0 0 0 1.8 10s3 5.4 8.2 5.4a7.7 7.7 0 0 0 4.3-1.3M8.3 8.4a2.3 2.3 0 0 0 3.2 3.2',
  image:
    'M4 3h12a1.500 1.500 0 0 1 1.500 1.500v11A1.500 1.500 0 0 1 16 17H4a1.500 1.500 0 0 1-1.500-1.500v-11A1.500 1.500 0 0 1 4 3ZM3 14.500l4.500-4.500 3.500 3.500 2.500-2 3.500 3M12.700 7.700v.1',
  info: 'M10 9.3v4.2M10 6.5v.1M10 17.5a7.5 7.5 0 1 0 0-15 7.5 7.5 0 0 0 0 15Z',
  keyboard:
    'M3 5h14a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1ZM5.500 8.500h.1M8.500 8.500h.1M11.500 8.500h.1M14.500 8.500h.1M7 12h6',
  lock: 'M5.5 9V6.5a4.5 4.5 0 0 1 9 0V9M4.5 9h11A1.5 1.5 0 0 1 17 10.5V16a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 3 16v-5.5A1.5 1.5 0 0 1 4.5 9Z',
  menu: 'M3 5.5h14M3 10h14M3 14.5h14',
  more: 'M10 4.600v.1M10 10v.1M10 15.400v.1',
  paste:
    'M7 4H5.500A1.500 1.500 0 0 0 4 5.500v11A1.500 1.500 0 0 0 5.500 18h9a1.500 1.500 0 0 0 1.500-1.500v-11A1.500 1.500 0 0 0 14.500 4H13M8 2.500h4a1 1 0 0 1 1 1v1a1 1 0 0 1-1 1H8a1 1 0 0 1-1-1v-1a1 1 0 0 1 1-1Z',
  send: 'M10 16.5V4M4.5 9.5 10 4l5.5 5.5',
  settings:
    'M3 6h7M14 6h3M3 14h3M10 14h7M12 8.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4ZM8 16.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4Z',
  shield: 'M10 2 3.5 4.5v5c0 4.2 2.8 7 6.5 8.5 3.7-1.5 6.5-4.3 6.5-8.5v-5ZM7 10l2.2 2.2L13.2 8',
  signOut: 'M8 17.5H4.5A1.5 1.5 0 0 1 3 16V4a1.5 1.5 0 0 1 1.5-1.5H8M13 14l4-4-4-4M17 10H8',
} as const;

export type IconName = keyof typeof PATHS;

/** Icons that point somewhere follow the direction of the text. */
const DIRECTED: ReadonlySet<IconName> = new Set(['back', 'signOut']);

/** Decoration next to words, or inside a control that has a name: never read aloud by itself. */
export const Icon = ({ name }: { readonly name: IconName }) => (
  <svg
    class={DIRECTED.has(name) ? 'icon icon-directed' : 'icon'}
    viewBox="0 0 20 20"
    aria-hidden="true"
    focusable="false"
  >
    <path d={PATHS[name]} />
  </svg>
);
