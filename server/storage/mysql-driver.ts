import mysql, { type Pool, type PoolConnection, type PoolOptions } from 'mysql2';

/**
 * What every session must stand on, whatever the server's defaults are: nothing is cut to fit a column in silence, instants have no
 * zone, a transaction sees what others have committed, and waiting for a lock ends while the caller still waits for the answer.
 */
const SESSION = [
  "SET SESSION sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', innodb_lock_wait_timeout = 5",
  // Keys of one INSERT follow one another: positions in mailboxes are reckoned from the first of them.
  'SET SESSION auto_increment_increment = 1',
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
];

const prepareSession = (connection: PoolConnection): void => {
  // Commands of one connection run in order: these come before whatever the pool's client asks.
  for (const statement of SESSION)
    connection.query(statement, (error) => {
      // A session with other rules must not be used; its clients see a broken connection.
      if (error !== null) connection.destroy();
    });
};

/** `mysql2` for TypeORM's `driver` option, its sessions prepared. */
export const mysqlDriver = {
  createPool(options: PoolOptions): Pool {
    const pool = mysql.createPool(options);
    pool.on('connection', prepareSession);
    return pool;
  },
};
