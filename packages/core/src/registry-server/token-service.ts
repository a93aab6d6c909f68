import { randomBytes } from 'node:crypto'

/** Something that a request does to a repository. */
export interface Access {
  readonly repository: string
  readonly action: 'pull' | 'push' | 'delete'
}

/** What a token is good for. */
interface Grant {
  /** `action repository`; `*` is every action. */
  readonly allowed: ReadonlySet<string>
  /** Milliseconds since the epoch. */
  readonly expires: number
}

/** Gives out tokens and knows them again; they end with the process. */
export class TokenService {
  readonly #grants = new Map<string, Grant>()

  /** @param lifetime - seconds that a token is good for. */
  constructor(readonly lifetime: number) {}

  /** Makes a token for scopes such as `repository:team/app:pull,push`, as far as the actions are allowed at all. */
  issue(scopes: readonly string[], ceiling: readonly string[]) {
    const now = Date.now()
    this.#forgetExpired(now)
    const wanted = scopes.flatMap((scope) => scope.split(' ')).flatMap(accessesOf)
    const allowed = wanted.filter(({ action }) => ceiling.includes(action))
    const token = randomBytes(24).toString('base64url')
    this.#grants.set(token, { allowed: new Set(allowed.map(keyOf)), expires: now + this.lifetime * 1000 })
    return { token, access_token: token, expires_in: this.lifetime, issued_at: new Date(now).toISOString() }
  }

  /** Whether a token is good for all of this. */
  allows(token: string, needed: readonly Access[]): boolean {
    const grant = this.#grants.get(token)
    if (grant === undefined || grant.expires <= Date.now()) return false
    return needed.every(
      (access) => grant.allowed.has(keyOf(access)) || grant.allowed.has(keyOf({ ...access, action: '*' })),
    )
  }

  #forgetExpired(now: number): void {
    for (const [token, { expires }] of this.#grants) {
      if (expires <= now) this.#grants.delete(token)
    }
  }
}

function keyOf({ repository, action }: { readonly repository: string; readonly action: string }): string {
  return `${action} ${repository}`
}

function accessesOf(scope: string): readonly { readonly repository: string; readonly action: string }[] {
  const [, repository, actions = ''] = /^repository:(.+):([a-z*,]+)$/.exec(scope) ?? []
  return repository === undefined ? [] : actions.split(',').map((action) => ({ repository, action }))
}
