/** One part of a pattern of paths: a test of one character, or any number of characters. */
export type PatternToken =
  | ((character: string) => boolean)
  /** Any characters of a name. */
  | 'name'
  /** Any number of directories, each with the slash after it. */
  | 'directories'
  /** Anything. */
  | 'rest'

/**
 * Whether the tokens match a whole path. All alternatives are followed in parallel, so the time is proportional to the
 * product of path length and token count.
 */
export function matchesTokens(tokens: readonly PatternToken[], path: string): boolean {
  let states = new Set<number>()
  enter(tokens, states, 0)
  for (const character of path) {
    const next = new Set<number>()
    for (const state of states) step(tokens, next, state, character)
    if (next.size === 0) return false
    states = next
  }
  return states.has(tokens.length)
}

/** Adds a token to the states, and the next one if it may match nothing. */
function enter(tokens: readonly PatternToken[], states: Set<number>, first: number): void {
  for (let state = first; !states.has(state); state++) {
    states.add(state)
    if (typeof tokens[state] !== 'string') return
  }
}

function step(tokens: readonly PatternToken[], next: Set<number>, state: number, character: string): void {
  // A negative state is within a directory that `directories` matches.
  const index = state < 0 ? ~state : state
  const token = tokens[index]
  if (token === undefined) return
  if (token === 'name') {
    if (character !== '/') enter(tokens, next, index)
  } else if (token === 'rest') {
    enter(tokens, next, index)
  } else if (token === 'directories') {
    next.add(~index)
    if (character === '/') enter(tokens, next, index + 1)
  } else if (token(character)) {
    enter(tokens, next, index + 1)
  }
}
