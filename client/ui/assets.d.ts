/** Vite gives such imports as addresses of files of our own. */
declare module '*?url' {
  const url: string;
  // eslint-disable-next-line no-restricted-exports -- that is how Vite hands it over
  export default url;
}
declare module '*?worker&url' {
  const url: string;
  // eslint-disable-next-line no-restricted-exports -- that is how Vite hands it over
  export default url;
}
