/** Of the account's own server: certificates that its newer keys no longer name. */
export const replacedServerCertificates = `
CREATE TABLE replaced_server_certificate (
  certificate BLOB PRIMARY KEY,
  replaced_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;
