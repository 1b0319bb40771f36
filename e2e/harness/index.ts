export { startClientProcess, type ClientProcess } from './client-process.js';
export { freePort } from './free-port.js';
export { allMessages, chatWith, eventually, newMessageId, online, register, textsFrom } from './people.js';
export { cpuSeconds, pinToCore, residentMiB, startProcess, type Started } from './process.js';
export { startServerProcess, type ServerProcess } from './server-process.js';
export { dumpServerTables, findReadable } from './server-tables.js';
export { temporaryFolder, type TemporaryFolder } from './temporary-folder.js';
