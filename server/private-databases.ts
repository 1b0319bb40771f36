/** Database servers of one's own for tests and benchmarks outside this package. The server itself does not import this. */
export { hasMariaDb, startPrivateMariaDb } from './testing/private-mariadb.js';
export type { DatabaseServer } from './testing/private-mysql-server.js';
export { startPrivateMySql } from './testing/private-mysql.js';
export { hasRedis, startPrivateRedis, type PrivateRedis } from './testing/private-redis.js';
