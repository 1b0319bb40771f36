/** Vite takes style sheets out of the program; to TypeScript they are nothing. */
declare module '*.css';
