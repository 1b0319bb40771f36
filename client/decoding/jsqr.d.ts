/** The package's own types say `export default`, which its CommonJS is not. */
declare module 'jsqr/dist/jsQR.js' {
  interface Point {
    readonly x: number;
    readonly y: number;
  }
  interface Found {
    readonly data: string;
    readonly location: Readonly<
      Record<'topLeftCorner' | 'topRightCorner' | 'bottomLeftCorner' | 'bottomRightCorner', Point>
    >;
  }
  const jsQR: (pixels: Uint8ClampedArray, width: number, height: number) => Found | null;
  export = jsQR;
}
