import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { EngineError } from '../../model/errors.js'

/** Certificates for a builder behind TLS, PEM. */
export interface TlsMaterial {
  readonly ca?: Buffer
  readonly cert?: Buffer
  readonly key?: Buffer
  /** The name that the certificate of the other side is checked against, if it is not the host of the address. */
  readonly serverName?: string
  /** False only if a docker context disables the check. */
  readonly verify: boolean
}

/** The PEM files that a folder has of ca.pem, cert.pem and key.pem. @throws ENGINE_UNREACHABLE if half a pair is missing */
export async function readTlsFolder(folder: string): Promise<Omit<TlsMaterial, 'verify'>> {
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'cert.pem', 'key.pem'].map((name) => readOptional(join(folder, name))),
  )
  if ((cert === undefined) !== (key === undefined)) {
    const [there, missing] = cert ? ['cert.pem', 'key.pem'] : ['key.pem', 'cert.pem']
    throw new EngineError('ENGINE_UNREACHABLE', `${folder} has ${there} but no ${missing}`, {
      hint: 'add both the certificate and its key, or neither',
    })
  }
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) }
}

/** Certificates of a builder, as paths of PEM files. */
export interface CertificateFiles {
  /** The authority that has signed the builder's certificate. */
  readonly ca?: string
  /** The certificate of this client, with its key. */
  readonly cert?: string
  readonly key?: string
  /** The name in the builder's certificate, if it is not the host of the address. */
  readonly serverName?: string
}

/** Reads certificates from a folder of ca.pem, cert.pem and key.pem, or from files. @throws ENGINE_UNREACHABLE */
export async function readTlsFiles(from: string | CertificateFiles): Promise<Omit<TlsMaterial, 'verify'>> {
  if (typeof from === 'string') return requireAny(from, await readTlsFolder(from))
  const { serverName, ...paths } = from
  const entries = await Promise.all(
    Object.entries(paths).map(async ([name, path]) => [name, await readRequired(path)] as const),
  )
  return { ...Object.fromEntries(entries), ...(serverName !== undefined && { serverName }) }
}

function requireAny(folder: string, material: Omit<TlsMaterial, 'verify'>): Omit<TlsMaterial, 'verify'> {
  if (Object.keys(material).length > 0) return material
  throw new EngineError('ENGINE_UNREACHABLE', `${folder} has none of ca.pem, cert.pem and key.pem`, {
    hint: 'use the folder of the certificates for the builder, or https:// if it needs none',
  })
}

async function readRequired(path: string): Promise<Buffer> {
  const bytes = await readOptional(path)
  if (bytes !== undefined) return bytes
  throw new EngineError('ENGINE_UNREACHABLE', `the certificate file ${path} does not exist`, {
    hint: "correct the path in 'certificates'",
  })
}

/** The bytes of a file of the docker configuration; undefined if there is none. @throws ENGINE_UNREACHABLE */
export async function readOptional(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new EngineError('ENGINE_UNREACHABLE', `${path} cannot be read, so the current engine is unknown`, {
      hint: 'make it readable, or set DOCKER_HOST',
      cause,
    })
  }
}
