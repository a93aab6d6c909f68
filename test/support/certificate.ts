import { copyFile, mkdir, readFile } from 'node:fs/promises'
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
  await certify(certificateFile, keyFile)
  const [certificate, key] = await Promise.all([readFile(certificateFile, 'utf8'), readFile(keyFile, 'utf8')])
  return { certificateFile, keyFile, certificate, key }
}

/**
 * Makes a certificate as {@link makeCertificate} does, signed by an authority, in a new folder of `ca.pem`, `cert.pem`
 * and `key.pem`, which is how docker has them.
 */
export async function makeSignedCertificate(authority: Certificate, folder: string): Promise<string> {
  await mkdir(folder)
  await copyFile(authority.certificateFile, join(folder, 'ca.pem'))
  const signer = ['-CA', authority.certificateFile, '-CAkey', authority.keyFile, '-addext', 'basicConstraints=CA:FALSE']
  await certify(join(folder, 'cert.pem'), join(folder, 'key.pem'), signer)
  return folder
}

async function certify(certificateFile: string, keyFile: string, signer: readonly string[] = []): Promise<void> {
  // biome-ignore format: one option and its value per line reads as on a command line
  await runProgram('openssl', [
    'req', '-x509', '-nodes', '-days', '1',
    '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1',
    '-subj', '/CN=127.0.0.1',
    '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost',
    '-keyout', keyFile, '-out', certificateFile, ...signer,
  ])
}
