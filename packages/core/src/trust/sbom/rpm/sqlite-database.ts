import { HostError } from '../../../model/errors.js'

/**
 * Reads the records of a database in SQLite.
 *
 * @throws HostError TOOL_MISSING; Error for a damaged database
 */
export async function sqliteBlobs(file: Buffer): Promise<readonly Buffer[]> {
  const { Database } = await loadSqlite()
  const database = new Database(file)
  try {
    const [table] = database.exec('SELECT blob FROM Packages')
    return (table?.values ?? []).map(([blob]) => {
      if (blob instanceof Uint8Array) return Buffer.from(blob)
      throw new Error('a record is not a blob')
    })
  } finally {
    database.close()
  }
}

async function loadSqlite() {
  const { default: open } = await import('sql.js').catch((cause: unknown) => {
    throw new HostError('TOOL_MISSING', 'the package sql.js, which reads rpm databases in SQLite, is not installed', {
      hint: 'npm install sql.js',
      cause,
    })
  })
  return open()
}
