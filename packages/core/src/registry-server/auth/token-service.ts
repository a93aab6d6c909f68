import { createHmac, randomBytes } from 'node:crypto'
import { sameSecret } from './same-secret.js'

/** An action on a repository. */
export interface Access {
  readonly repository: string
  readonly action: 'pull' | 'push' | 'delete'
}

/** Permissions of a token. */
interface Grant {
  /** `action repository`; `*` is every action. */
  readonly allowed: readonly string[]
  /** Milliseconds since the epoch. */
  readonly expires: number
}

/**
 * Issues and verifies tokens. A token contains its permissions and is signed with a key of this process, so the server
 * stores nothing.
 */
export class TokenService {
  readonly #key = randomBytes(32)

  /** @param lifetime - lifetime of a token, in seconds */
  constructor(readonly lifetime: number) {}

  /** Makes a token for scopes such as `repository:team/app:pull,push`, limited to the actions of the ceiling. */
  issue(scopes: readonly string[], ceiling: readonly string[]) {
    const now = Date.now()
    const requested = scopes.flatMap((scope) => scope.split(' ')).flatMap(accessesOf)
    const allowed = [...new Set(requested.filter(({ action }) => ceiling.includes(action)).map(keyOf))]
    const grant: Grant = { allowed, expires: now + this.lifetime * 1000 }
    const payload = Buffer.from(JSON.stringify(grant)).toString('base64url')
    const token = `${payload}.${this.#sign(payload)}`
    return { token, access_token: token, expires_in: this.lifetime, issued_at: new Date(now).toISOString() }
  }

  /** Whether a token grants all of these actions. */
  allows(token: string, needed: readonly Access[]): boolean {
    const grant = this.#read(token)
    if (grant === undefined || grant.expires <= Date.now()) return false
    const allowed = new Set(grant.allowed)
    return needed.every((access) => allowed.has(keyOf(access)) || allowed.has(keyOf({ ...access, action: '*' })))
  }

  #read(token: string): Grant | undefined {
    const [payload = '', signature = ''] = token.split('.')
    if (!sameSecret(signature, this.#sign(payload))) return undefined
    return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Grant
  }

  #sign(payload: string): string {
    return createHmac('sha256', this.#key).update(payload).digest('base64url')
  }
}

function keyOf({ repository, action }: { readonly repository: string; readonly action: string }): string {
  return `${action} ${repository}`
}

function accessesOf(scope: string): readonly { readonly repository: string; readonly action: string }[] {
  const [, repository, actions = ''] = /^repository:(.+):([a-z*,]+)$/.exec(scope) ?? []
  return repository === undefined ? [] : actions.split(',').map((action) => ({ repository, action }))
}
