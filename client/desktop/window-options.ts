import type { BrowserWindowConstructorOptions, Size } from 'electron';

const USUAL: Size = { width: 1_120, height: 760 };
const LEAST: Size = { width: 380, height: 480 };

/** Colours of an empty window: those of the page behind its first paint, so that no start flashes white. */
const CANVAS = { light: '#f2eff2', dark: '#120f13' } as const;

interface WindowSurroundings {
  /** What the system leaves of the screen. */
  readonly workArea: Size;
  readonly dark: boolean;
  readonly preload: string;
  /** Whether the developer tools may be opened: never in what people install. */
  readonly devTools: boolean;
}

const within = (wanted: Size, most: Size): Size => ({
  width: Math.min(wanted.width, most.width),
  height: Math.min(wanted.height, most.height),
});

/** A window whose page has no power of its own: sandboxed, isolated from its preload, without Node. */
export const windowOptions = ({
  workArea,
  dark,
  preload,
  devTools,
}: WindowSurroundings): BrowserWindowConstructorOptions => {
  const size = within(USUAL, workArea);
  const least = within(LEAST, workArea);
  return {
    ...size,
    minWidth: least.width,
    minHeight: least.height,
    show: false,
    autoHideMenuBar: true,
    backgroundColor: dark ? CANVAS.dark : CANVAS.light,
    title: 'Sotto',
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      disableDialogs: true,
      spellcheck: false,
      devTools,
    },
  };
};
