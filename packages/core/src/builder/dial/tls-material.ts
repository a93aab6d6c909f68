import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EngineError } from '../../model/errors.js'

/** Certificates for an engine behind TLS, PEM. */
export interface TlsMaterial {
  readonly ca?: Buffer
  readonly cert?: Buffer
  readonly key?: Buffer
  /** The name that the certificate of the other side is checked against, if it is not the host of the address. */
  readonly serverName?: string
  /** False only where a docker context says to skip the check. */
  readonly verify: boolean
}

/** The PEM files that a folder has of ca.pem, cert.pem and key.pem. @throws ENGINE_UNREACHABLE where half a pair is missing. */
export async function readTlsFolder(folder: string): Promise<Omit<TlsMaterial, 'verify'>> {
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'cert.pem', 'key.pem'].map((name) => readOptional(join(folder, name))),
  )
  if ((cert === undefined) !== (key === undefined)) {
    const [there, missing] = cert ? ['cert.pem', 'key.pem'] : ['key.pem', 'cert.pem']
    throw new EngineError('ENGINE_UNREACHABLE', `${folder} has a ${there} and no ${missing}`, {
      hint: 'A client shows its certificate with the key that belongs to it: put both there, or neither.',
    })
  }
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) }
}

/** The bytes of a file of the docker configuration; undefined where there is none. @throws ENGINE_UNREACHABLE */
export async function readOptional(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new EngineError('ENGINE_UNREACHABLE', `${path} cannot be read, so the engine in use is not known`, {
      hint: 'Make it readable, or say which engine to use with DOCKER_HOST.',
      cause,
    })
  }
}
