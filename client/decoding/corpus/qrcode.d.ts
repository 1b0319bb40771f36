declare module 'qrcode' {
  interface BitMatrix {
    readonly size: number;
    /** Row by row; 1 is dark. */
    readonly data: Uint8Array;
  }
  const qrcode: {
    readonly create: (
      text: string,
      options: { readonly errorCorrectionLevel: 'L' | 'M' | 'Q' | 'H' },
    ) => { readonly modules: BitMatrix; readonly version: number };
  };
  export = qrcode;
}
