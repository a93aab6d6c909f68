/**
 * The access that a token grants, such as `repository:otbiot/esp8266-build:pull,push`.
 *
 * @see https://github.com/distribution/distribution/blob/v2.8.2/docs/spec/auth/scope.md
 */
export type Scope = string

/** An action on a repository. */
export type Action = 'pull' | 'push' | 'delete'

/** The scope of a repository, its path under the host. */
export function repositoryScope(path: string, ...actions: readonly Action[]): Scope {
  return `repository:${path}:${actions.join(',')}`
}

/** The scopes of a challenge's `scope` parameter. */
export function parseScopes(text: string | undefined): readonly Scope[] {
  return text?.split(' ').filter((scope) => scope !== '') ?? []
}

/** Each scope once, in a stable order. */
export function uniteScopes(...lists: readonly (readonly Scope[])[]): readonly Scope[] {
  return [...new Set(lists.flat())].sort()
}

/** Whether a token that was requested with the scopes `held` also covers the scopes `requested`. */
export function coversScopes(held: readonly Scope[], requested: readonly Scope[]): boolean {
  const allowed = new Set(held.flatMap(permissions))
  return requested.flatMap(permissions).every((permission) => allowed.has(permission))
}

function permissions(scope: Scope): readonly string[] {
  const colon = scope.lastIndexOf(':')
  return scope
    .slice(colon + 1)
    .split(',')
    .map((action) => `${scope.slice(0, colon)}:${action}`)
}
