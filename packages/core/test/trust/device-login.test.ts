import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { afterEach, expect, it } from 'vitest'
import { Cleanup } from '../../../../test/support/cleanup.js'
import { startSigstore } from '../../../../test/support/sigstore.js'
import { tempFolder } from '../../../../test/support/temp-folder.js'
import { digestOf } from '../../src/model/digest.js'
import { openSigner } from '../../src/operations/trust/sign-options.js'
import { type DevicePrompt, deviceTokens } from '../../src/trust/keyless/device-login.js'
import { statementOn } from '../../src/trust/signatures/statement.js'

type Answer = Readonly<Record<string, unknown>>
let server: http.Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

const tokenFor = (seconds: number) =>
  ['{}', JSON.stringify({ exp: Date.now() / 1000 + seconds }), 'signature']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.')

/** An OpenID provider, with its answers to requests of tokens in their order. */
async function startProvider(answers: readonly Answer[], started: Answer = {}) {
  const requests: URLSearchParams[] = []
  let next = 0
  server = http.createServer(async (request, response) => {
    const url = `http://${request.headers.host}`
    const form = new URLSearchParams((await buffer(request)).toString())
    if (request.method === 'POST') requests.push(form)
    const paths: Readonly<Record<string, () => Answer | undefined>> = {
      '/auth/.well-known/openid-configuration': () => ({
        device_authorization_endpoint: `${url}/device`,
        token_endpoint: `${url}/token`,
      }),
      '/device': () => ({
        ...{ device_code: 'secret', user_code: 'ABCD-EFGH', verification_uri: `${url}/enter`, interval: 0.01 },
        ...started,
      }),
      '/token': () => answers[next++],
    }
    const answer = paths[request.url ?? '']?.() ?? { error: 'unknown' }
    response.writeHead('error' in answer ? 400 : 200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer))
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server?.once('listening', resolve))
  return { provider: `http://127.0.0.1:${(server.address() as AddressInfo).port}/auth`, requests }
}

const PENDING = { error: 'authorization_pending' }

it('shows the code once, waits for the user, and uses the token as long as it is valid', async () => {
  const token = tokenFor(600)
  const { provider, requests } = await startProvider([PENDING, PENDING, { id_token: token }])
  const prompts: DevicePrompt[] = []
  const tokens = deviceTokens({ provider, show: (prompt) => void prompts.push(prompt) })
  expect(await tokens()).toBe(token)
  expect(await tokens()).toBe(token)
  expect(prompts).toEqual([{ userCode: 'ABCD-EFGH', verificationUri: expect.stringMatching(/\/enter$/) }])
  expect(requests).toHaveLength(4)
  const [start, , , last] = requests.map((form) => Object.fromEntries(form))
  expect(start).toMatchObject({ client_id: 'sigstore', scope: 'openid email', code_challenge_method: 'S256' })
  expect(last).toMatchObject({ grant_type: 'urn:ietf:params:oauth:grant-type:device_code', device_code: 'secret' })
  expect(
    createHash('sha256')
      .update(last?.['code_verifier'] ?? '')
      .digest('base64url'),
  ).toBe(start?.['code_challenge'])
})

it('signs for the user who signed in', async () => {
  await using cleanup = new Cleanup()
  const sigstore = cleanup.use(await startSigstore())
  const { path } = cleanup.use(await tempFolder('device'))
  await writeFile(join(path, 'root.json'), sigstore.trustedRoot)
  const [identity, issuer] = ['person@example.com', 'https://accounts.example.com']
  const { provider } = await startProvider([PENDING, { id_token: sigstore.token(identity, issuer) }])
  const services = { fulcio: sigstore.url, rekor: sigstore.url, trustedRoot: 'root.json' }
  const device = { provider, show: () => {} }
  const signer = await openSigner({ keyless: { identity, issuer, device, ...services } }, path, {})
  const statement = Buffer.from(statementOn(digestOf(Buffer.from('image')), 'urn:test', {}))
  const bundle = JSON.parse(Buffer.from(await signer.bundleOf(statement)).toString())
  expect(signer.verified(bundle)).toEqual(statement)
})

it('requests another login if the token has expired', async () => {
  const { provider } = await startProvider([{ id_token: tokenFor(1) }, { id_token: tokenFor(600) }])
  let prompts = 0
  const tokens = deviceTokens({ provider, show: () => void prompts++ })
  await tokens()
  await tokens()
  await tokens()
  expect(prompts).toBe(2)
})

it.each([
  ['the person refuses', [{ error: 'access_denied', error_description: 'refused' }], {}, /signing in failed: refused/],
  ['nobody signs in', [PENDING, PENDING, PENDING, PENDING], { expires_in: 0.02 }, /the code expired/],
  ['the provider gives no code', [], { user_code: '', error: 'invalid_client' }, /invalid_client/],
])('fails if %s', async (_what, answers, started, message) => {
  const { provider } = await startProvider(answers, started)
  await expect(deviceTokens({ provider, show: () => {} })()).rejects.toMatchObject({
    code: 'SIGNING_FAILED',
    message: expect.stringMatching(message),
  })
})

it('fails with the address if it is not a provider', async () => {
  const { provider } = await startProvider([])
  await expect(deviceTokens({ provider: `${provider}/none`, show: () => {} })()).rejects.toMatchObject({
    code: 'SIGNING_FAILED',
    message: expect.stringContaining('does not support signing in by device'),
  })
})

it('is rejected without a function that shows the code, and together with a token', async () => {
  const identity = { identity: 'a@example.com', issuer: 'https://issuer.example' }
  for (const keyless of [
    { ...identity, device: {} },
    { ...identity, device: { show: () => {}, provider: 'none' } },
    { ...identity, device: { show: () => {}, other: 1 } },
    { ...identity, device: { show: () => {} }, token: { value: () => 'x' } },
  ])
    await expect(openSigner({ keyless } as never, '.', {})).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('sign.keyless.device'),
    })
})
