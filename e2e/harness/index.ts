export { freePort } from './free-port.js';
export { cpuSeconds, pinToCore, residentMiB, startProcess, type Started } from './process.js';
export { temporaryFolder, type TemporaryFolder } from './temporary-folder.js';
