import { describe, expect, test } from 'vitest'
import { commentsOf, declaredNames, hintsOf, textsOf } from './language.js'
import { readText, repositoryFiles, SOURCES } from './repository.js'

/** Words that are not used in text, each with its replacement. docs/concepts.md is the vocabulary. */
const RETIRED: readonly (readonly [word: RegExp, replacement: string])[] = [
  [/\b(tell|tells|told|untold)\b/i, 'report, emit, print'],
  [/\b(stand|stands|stood) on\b/i, 'is based on, uses as base'],
  [/\banew\b/i, 'again'],
  [/\b(judge|judges|judged)\b/i, 'evaluate, validate'],
  [/\b(believe|believes|believed)\b/i, 'trust'],
  [/\b(looks?|looked) (at|whether)\b/i, 'check, inspect'],
  [/\b(wants|wanted)\b/i, 'require'],
  [/\bspeaks?\b/i, 'support'],
  [/\b(brings|brought|takes away|taken away)\b/i, 'add, remove, copy, delete'],
  [/\b(fault|faults|complaint|complaints|obstacle|obstacles)\b/i, 'issue or error'],
  [/\b(survey|surveys|surveyed)\b/i, 'evaluate'],
  [/\bvolatile\b/i, 'unpinned'],
  [/\bnobody\b|\bsomebody\b/i, 'the user, another writer'],
  [/\b(undefined|empty|false|none|absent) where\b/i, 'if'],
  [/\b(passing ?fault|workshop)s?\b/i, 'TransientError, run session'],
  [
    /^\W*(Says|Notes (?!on\b)|Gathers|Takes in|Makes sure|Refuses|Starts with (none|nothing))\b/,
    'report, add a note, collect, check, reject',
  ],
  [/\b(as|all) decided\b|\bat hand\b|\bin the making\b/i, 'validated, in memory'],
  [/\b(an|the) engine (at \$|(that|which|of) (the|a) run|that runs it)/i, 'builder'],
  [/\b(anybody|everybody)\b/i, 'anyone with push access, everyone'],
  [
    /\bleft (out|unread)\b|\bsign of life\b|\blets? go of\b|\btake[sn]? back\b/i,
    'omit, skip, activity, remove, revert',
  ],
  [/\bwhat is wrong with\b|\bin the way of cosign\b/i, "issues, in cosign's format"],
  [
    /(?<!there )\bis no (image|target|hash|blob|index|list|text|error|object|program|platform|plugin|digest|layer)\b/i,
    'is not a',
  ],
]

/** Real uses of a retired word. */
const ALLOWED: readonly (readonly [file: RegExp, text: RegExp, reason: string])[] = [
  [/reliability\.md$/, /fault/i, 'the term for what the chaos harness injects'],
  [/facts\.md$/, /Faults of other tools/, 'they are bugs of other programs'],
  [/registry\.md$/, /faults/, 'the option of the embedded registry'],
  [/registry-server\//, /fault/i, 'the option faults of the embedded registry'],
]

/** Parts of names that the code does not use, each with its replacement. */
const RETIRED_NAMES: readonly (readonly [part: RegExp, replacement: string])[] = [
  [/^(?!.*Inject).*Faults?($|[A-Z])/, 'Issue'],
  [/Complaint/, 'Issue'],
  [/World|Workshop/, 'StepServices, RunSession'],
  [/Survey|survey/, 'evaluate'],
  [/Succession/, 'TagUpdate'],
  [/Supplies/, 'PluginRegistry'],
  [/[vV]olatile/, 'unpinned'],
  [/[dD]ecisive/, 'inKey'],
  [/outline/i, 'definitionGraph'],
  [/^(greet|Greeting)/, 'ping'],
  [/^[fF]ormer(?!ly)/, 'previous, PublishedState'],
  [/Refusal|^refusals?$/, 'Issue, Error, rejections'],
  [/^problems?$|Problems?$/, 'error, Issue'],
  [/PlatformWord|WordSettings|NoWords/, 'PlatformAlias'],
  [/[wW]orkshop/, 'RunSession'],
  [/^(tell|told|isTold|judged?|speak|anew)$/, 'report, stated, validate'],
]

/** The embedded registry injects faults, which is the field's word. */
const INJECTS_FAULTS = /^packages\/core\/src\/registry-server\//

const PAGES = repositoryFiles(
  /^(README|SECURITY|CONTRIBUTING)\.md$|^docs\/[^/]+\.md$|^examples\/.*\.md$|^packages\/[^/]+\/(README\.md|templates\/.*)$/,
).filter((file) => !file.includes('node_modules'))
const CODE = repositoryFiles(SOURCES)

function retiredIn(file: string, texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) =>
    RETIRED.filter(([word]) => word.test(text))
      .filter(() => !ALLOWED.some(([where, phrase]) => where.test(file) && phrase.test(text)))
      .map(([word, replacement]) => `${file}: '${word.exec(text)?.[0]}', write ${replacement}: ${text.slice(0, 120)}`),
  )
}

describe('retired words', () => {
  test('are found: the check can fail', () => {
    expect(retiredIn('x.md', ['It stands on a base.', 'It is based on a base.'])).toHaveLength(1)
    expect(PAGES).toContain('docs/concepts.md')
    expect(CODE.length).toBeGreaterThan(200)
  })

  test.each(PAGES)('are not in %s', (file) => {
    const prose = readText(file)
      .replace(/^```.*?^```$/gms, '')
      .replace(/`[^`\n]*`/g, '')
    expect(retiredIn(file, prose.split('\n'))).toEqual([])
  })

  test('are not in messages, hints and help texts', () => {
    expect(CODE.flatMap((file) => retiredIn(file, textsOf(file)))).toEqual([])
  })

  test('are not in comments', () => {
    const comments = CODE.map((file) => [file, commentsOf(file)] as const)
    expect(comments.flatMap(([, texts]) => texts).length).toBeGreaterThan(2000)
    expect(comments.flatMap(([file, texts]) => retiredIn(file, texts))).toEqual([])
  })
})

/** Words that comments of tests, scripts and benches do not use either. */
const RETIRED_IN_TESTS = /\b(tells?|told|untold|anew|judged?|believed?s?|speaks?|wants|wanted|st(and|ands|ood) on)\b/i

test('retired words are not in comments of tests, scripts and benches', () => {
  const files = repositoryFiles(/^(test|bench|scripts|packages\/[^/]+\/test)\/.*\.(ts|mjs)$/).filter(
    (file) => !file.startsWith('test/house/language'),
  )
  const wrong = files.flatMap((file) =>
    commentsOf(file)
      .filter((text) => RETIRED_IN_TESTS.test(text))
      .map((text) => `${file}: ${text}`),
  )
  expect(files.length).toBeGreaterThan(300)
  expect(wrong).toEqual([])
})

/** Words that are not used in titles of tests either. */
const RETIRED_TITLES = /\b(tells?|told|untold|anew|aloud|says?|said|asks?|asked|refuses? (?!to\b)|left out)\b/i

test('retired words are not in titles of tests', () => {
  const titles = repositoryFiles(/\.test\.ts$/).flatMap((file) =>
    [...readText(file).matchAll(/^\s*(?:(?:it|test|describe)[\w.]*\(|\](?: as const)?\)\()(['"`])(.*?)\1, /gm)].map(
      ([, , title = '']) => title,
    ),
  )
  expect(titles.length).toBeGreaterThan(1500)
  expect(titles.filter((title) => RETIRED_TITLES.test(title))).toEqual([])
})

/** A hint begins with a capital only where it is part of a name. */
const CAPITAL = /^(?!DNS |DOCKER_|Docker )[A-Z]/

test('hints begin in lower case and end without a period', () => {
  const hints = CODE.flatMap((file) => hintsOf(file).map((hint) => `${file}: ${hint}`))
  expect(hints.length).toBeGreaterThan(200)
  expect(hints.filter((hint) => CAPITAL.test(hint.replace(/^\S+: /, '')) || /[^.]\.$/.test(hint))).toEqual([])
})

test('retired names are not declared', () => {
  const wrong = CODE.filter((file) => !INJECTS_FAULTS.test(file)).flatMap((file) =>
    declaredNames(file).flatMap((name) =>
      RETIRED_NAMES.filter(([part]) => part.test(name)).map(
        ([, replacement]) => `${file}: ${name}, write ${replacement}`,
      ),
    ),
  )
  expect(wrong).toEqual([])
})
