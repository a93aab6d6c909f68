/** An injected fault. */
export type Fault =
  /** Return this response instead of executing the request. */
  | { readonly kind: 'answer'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** Execute the request after this delay, in milliseconds. */
  | { readonly kind: 'delay'; readonly milliseconds: number }
  /** Close the connection without executing the request. */
  | { readonly kind: 'lose-request' }
  /** Execute the request, then close the connection without a response. */
  | { readonly kind: 'lose-answer' }
  /** Read this many bytes of the body, then close the connection. */
  | { readonly kind: 'cut-request'; readonly after: number }
  /** Send this many bytes of the response body, then close the connection. */
  | { readonly kind: 'cut-answer'; readonly after: number }

/** A fault, and the requests to inject it into. */
export interface FaultRule {
  /** Any method by default. */
  readonly method?: string
  /** Compared with the path without its query; any path by default. */
  readonly path?: RegExp
  /** The matching request to apply it to, counted from 1; all of them by default. */
  readonly nth?: number
  readonly fault: Fault
}

/** Selects the fault of each request, in order of arrival. */
export class FaultInjector {
  readonly #rules: { readonly rule: FaultRule; matched: number }[]

  constructor(rules: readonly FaultRule[]) {
    this.#rules = rules.map((rule) => ({ rule, matched: 0 }))
  }

  /** Returns the fault of the first rule that applies; every rule counts every request that it matches. */
  next(method: string, path: string): Fault | undefined {
    const matching = this.#rules.filter(({ rule }) => matches(rule, method, path))
    for (const entry of matching) entry.matched += 1
    return matching.find(({ rule, matched }) => rule.nth === undefined || rule.nth === matched)?.rule.fault
  }
}

function matches(rule: FaultRule, method: string, path: string): boolean {
  if (rule.method !== undefined && rule.method !== method) return false
  // `search`, unlike `test`, ignores the position of a global pattern.
  return rule.path === undefined || path.search(rule.path) >= 0
}
