import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runProgram } from './child.js'

/** A key pair and the self-signed certificate for it, as files and as PEM. */
export interface Certificate {
  readonly certificateFile: string
  readonly keyFile: string
  readonly certificate: string
  readonly key: string
}

/** Makes a certificate for 127.0.0.1 and localhost, valid for a day, in the given folder. */
export async function makeCertificate(folder: string): Promise<Certificate> {
  const certificateFile = join(folder, 'certificate.pem')
  const keyFile = join(folder, 'key.pem')
  // biome-ignore format: one option and its value per line reads as on a command line
  await runProgram('openssl', [
    'req', '-x509', '-nodes', '-days', '1',
    '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1',
    '-subj', '/CN=127.0.0.1',
    '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost',
    '-keyout', keyFile, '-out', certificateFile,
  ])
  const [certificate, key] = await Promise.all([readFile(certificateFile, 'utf8'), readFile(keyFile, 'utf8')])
  return { certificateFile, keyFile, certificate, key }
}
