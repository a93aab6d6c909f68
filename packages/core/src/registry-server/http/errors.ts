/** An injected fault. */
export type Fault =
  /** It is answered so, and not carried out. */
  | { readonly kind: 'answer'; readonly status: number; readonly headers?: Readonly<Record<string, string>> }
  /** It is carried out so many milliseconds later. */
  | { readonly kind: 'delay'; readonly milliseconds: number }
  /** The connection ends before it is carried out. */
  | { readonly kind: 'lose-request' }
  /** It is carried out, and the connection ends without an answer. */
  | { readonly kind: 'lose-answer' }
  /** So many bytes of its body are taken; then the connection ends. */
  | { readonly kind: 'cut-request'; readonly after: number }
  /** So many bytes of the answer's body are sent; then the connection ends. */
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

/** Decides on requests in the order that they come in. */
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
  // `search`, unlike `test`, is not moved along by a global flag.
  return rule.path === undefined || path.search(rule.path) >= 0
}
