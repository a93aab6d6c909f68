/** Sources that BuildKit's ADD downloads; all others are paths in the context. */
const REMOTE = /^(?:(?:https?|git|ssh):\/\/|[\w-]+@[\w.-]+:)/

/** Addresses of this kind are files, unless their path ends in `.git`. */
const HTTP = /^https?:\/\/[^#?]*/

const COMMIT = /^[0-9a-f]{40}$/

/** Whether ADD fetches the source. */
export function isRemoteSource(text: string): boolean {
  return REMOTE.test(text)
}

/** Whether the source is a commit of a Git repository, which cannot change. */
export function isPinnedSource(text: string): boolean {
  const http = HTTP.exec(text)?.[0]
  if (http !== undefined && !http.endsWith('.git')) return false
  const [address = '', fragment = ''] = text.split('#')
  const [ref = ''] = fragment.split(':')
  const query = new URLSearchParams(address.split('?')[1] ?? '')
  return [ref, ...['ref', 'commit', 'checksum'].map((name) => query.get(name) ?? '')].some((one) => COMMIT.test(one))
}
