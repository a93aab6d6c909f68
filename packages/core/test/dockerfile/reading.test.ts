import { describe, expect, it } from 'vitest'
import { type AnalysisInput, analyze } from '../../src/dockerfile/analysis.js'
import { replaceSpans } from '../../src/dockerfile/pin.js'
import { normalizedText } from '../../src/dockerfile/syntax/normalized-text.js'
import { parseDockerfile } from '../../src/dockerfile/syntax/parse.js'

const INPUT: AnalysisInput = { platform: { os: 'linux', architecture: 'amd64' }, args: {}, baseNames: [] }
const HEAD = 'ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\n'
const HUB = 'docker.io/library/'

const of = (text: string, input: Partial<AnalysisInput> = {}) => analyze(parseDockerfile(text), { ...INPUT, ...input })
const imagesOf = (text: string, input: Partial<AnalysisInput> = {}) => {
  const { externals, issues } = of(text, input)
  expect(issues).toEqual([])
  return externals.map(({ name }) => name.replace(HUB, ''))
}

describe('the images that BuildKit would use', () => {
  it.each<[string, string, readonly string[]]>([
    [
      'a body with white space before its name',
      'RUN cat << EOF\nCOPY --from=no /a /a\nEOF\nCOPY --from=a:1 /a /a',
      ['a:1'],
    ],
    ['a body with a file descriptor', 'RUN cat 3<<X\nCOPY --from=no /a /a\nX\nCOPY --from=a:1 /a /a', ['a:1']],
    [
      'two bodies, tabs before the end of the first',
      'RUN <<-A cat <<B\nx\n\tA\nCOPY --from=no /a /a\nB\nCOPY --from=a:1 /a /a',
      ['a:1'],
    ],
    ['a quoted name', "RUN sh -s << 'END'\ncat > x << SQL\nSQL\nEND\nCOPY --from=a:1 /a /a", ['a:1']],
    ['a body of COPY', 'COPY <<a <<"b" /x/\nFROM no\na\nFROM no\nb\nCOPY --from=a:1 /a /a', ['a:1']],
    ['a body of an ONBUILD', 'ONBUILD RUN <<E\nCOPY --from=no /a /a\nE\nCOPY --from=a:1 /a /a', ['a:1']],
    ['no heredoc in JSON', 'RUN ["cat", "<<E"]\nCOPY --from=a:1 /a /a', ['a:1']],
    ['no heredoc in quotes', 'RUN echo "<<E"\nCOPY --from=a:1 /a /a', ['a:1']],
    ['no heredoc after an open quote', "RUN echo it's <<E\nCOPY --from=a:1 /a /a", ['a:1']],
    ['no heredoc within a word', 'RUN echo $((1<<2))\nCOPY --from=a:1 /a /a', ['a:1']],
    ['no heredoc in ENV', 'ENV A=<<E\nCOPY --from=a:1 /a /a', ['a:1']],
    ['a line that ends in two backslashes', 'ENV A=//host/C$\\\\\nCOPY --from=a:1 /a /a', ['a:1']],
    ['comments and empty lines in a continuation', 'COPY \\\n# why\n\n  # why\n  --from=a:1 \\\r\n\r\n /a /a', ['a:1']],
    ['a comment between the words of a RUN', 'RUN true \\\n# COPY --from=no\nCOPY --from=no /a', []],
    ['options of a mount in capitals', 'RUN --mount=TYPE=bind,FROM=a:1,target=/m true', ['a:1']],
    ['quotes around an option', 'RUN --mount=type=bind,"from=a:1",target=/m true', ['a:1']],
    ['quotes of CSV', 'RUN --mount=\'type=bind,"from=a:1",target=/m\' true', ['a:1']],
    ['two mounts', 'RUN --network=none --mount=from=a:1,target=/m --mount=from=b,target=/n true', ['a:1', 'b:latest']],
    ['an option of the command', 'RUN true --mount=from=a:1,target=/m', []],
    ['a number in a mount, which is no stage there', 'RUN --mount=from=0,target=/m true', ['0:latest']],
    ['quotes of a flag', 'COPY --from="a:1" /a /a', ['a:1']],
    ['capitals and tabs', 'copy\t--from=a:1\t/a\t/a', ['a:1']],
    ['the end of flags', 'COPY -- --from=a:1 /a', []],
  ])('%s', (_what, lines, images) => expect(imagesOf(`${HEAD}${lines}\n`)).toEqual(images))

  it.each<[string, string, readonly string[]]>([
    ['the shortest suffix', 'x:${V%.*}', ['x:3.1']],
    ['the longest suffix', 'x:${V%%.*}', ['x:3']],
    ['the shortest prefix', 'x:${V#*.}', ['x:1.2']],
    ['the longest prefix', 'x:${V##*.}', ['x:2']],
    ['the first match', 'x:${V/./-}', ['x:3-1.2']],
    ['all matches', 'x:${V//./-}', ['x:3-1-2']],
    ['any character', 'x:${V/?./v}', ['x:v1.2']],
    ['a slash', '${R/a\\/b/c}', ['c:latest']],
    ['a required value', 'x:${V:?missing}', ['x:3.1.2']],
    ['another value', 'x:${V:+y}', ['x:y']],
    ['a default without colon', 'x${EMPTY-no}', ['x:latest']],
    ['a default with a pattern in it', 'x:${NO:-${V%%.*}}', ['x:3']],
    ['a default without colon, of an arg that is not set', 'x:${NO-9}', ['x:9']],
    ['a value without colon, of an arg that is empty', 'x${EMPTY+:9}', ['x:9']],
    ['a value without colon, of an arg that is not set', 'x${NO+:9}', ['x:latest']],
    ['quotes', '"x:1"', ['x:1']],
    ['single quotes', "'x:1'", ['x:1']],
    ['double quotes around a variable', '"x:$V"', ['x:3.1.2']],
    ['single quotes in a default', "x:${NO:-'9'}", ['x:9']],
    ['what only the builder knows', 'x:${BUILDARCH:-1}', []],
    ['a pattern on what only the builder knows', 'x:${BUILDARCH%64}', []],
    ['a modifier that is not known yet', 'x:${V^^}', []],
    ['a platform arg that the build sets', 'x:$TARGETOSVERSION$TARGETARCH', ['x:amd64']],
  ])('%s of a variable in FROM', (_what, name, images) => {
    const text = `ARG BASE_IMAGE\nARG V=3.1.2 R=a/b EMPTY=\nFROM ${name} AS a\nFROM $BASE_IMAGE\nCOPY --from=a / /\n`
    expect(imagesOf(text)).toEqual(images)
  })

  it('uses the last stage of a name for COPY, and the last before it for FROM', () => {
    const text = `FROM one AS x\nFROM x AS a\nFROM two AS x\nARG A\nFROM \${BASE_IMAGE}\nCOPY --from=X / /\n`
    expect(imagesOf(`ARG BASE_IMAGE\n${text}`)).toEqual(['two:latest'])
    expect(imagesOf(`ARG BASE_IMAGE\n${text}COPY --from=a / /\n`)).toEqual(['one:latest', 'two:latest'])
    expect(of('ARG BASE_IMAGE\nFROM one AS x\nFROM $BASE_IMAGE AS x\n', { target: 'X' })).toMatchObject({ issues: [] })
  })

  it.each([
    '# syntax=a/dockerfile:1\n',
    '#!/usr/bin/env x\n# syntax=a/dockerfile:1\n',
    '\uFEFF# escape=`\r\n#SYNTAX = a/dockerfile:1 cmdline\r\n',
    '// syntax=a/dockerfile:1\n',
  ])('finds the frontend in %j', (head) => {
    const text = `${head}${HEAD}`
    const { externals } = of(text)
    expect(externals).toMatchObject([{ name: 'docker.io/a/dockerfile:1', isForTarget: false }])
    const places = externals.flatMap((image) => image.places)
    expect(places.map(({ start, end }) => text.slice(start, end))).toEqual(['a/dockerfile:1'])
  })

  it.each(['# why\n# syntax=a/dockerfile:1\n', ' # syntax=a/dockerfile:1\n', '\n# syntax=a/dockerfile:1\n'])(
    'finds no frontend in %j',
    (head) => expect(imagesOf(head + HEAD)).toEqual([]),
  )

  it('takes the frontend of the build arg in place of the directive', () => {
    const text = `# syntax=a/dockerfile:1\n${HEAD}`
    const { externals } = of(text, { args: { BUILDKIT_SYNTAX: 'b/dockerfile:2' } })
    expect(externals).toEqual([{ name: 'docker.io/b/dockerfile:2', places: [], isForTarget: false }])
    expect(of(text, { args: { BUILDKIT_SYNTAX: 'dockerfile.v0' } }).externals).toEqual([])
  })

  it('reports nothing wrong in the language of another frontend', () => {
    const { issues, externals, contextPaths } = of('# syntax=me/mine:1\nimages: []\n')
    expect({ issues, contextPaths }).toEqual({ issues: [], contextPaths: 'all' })
    expect(externals).toHaveLength(1)
  })

  it('counts the triggers of a stage if they run, and only there', () => {
    const text = `ARG BASE_IMAGE
FROM \${BASE_IMAGE} AS p
ONBUILD COPY --from=a:1 /v /v
ONBUILD RUN --mount=from=b,target=/m true
ONBUILD ARG SOURCE_DATE_EPOCH
`
    expect(imagesOf(text)).toEqual([])
    const { externals, usesEpoch } = of(`${text}FROM p AS q\nFROM p\nCOPY --from=q / /\n`)
    expect(externals.map(({ name, places }) => [name, places.length])).toEqual([
      [`${HUB}a:1`, 1],
      [`${HUB}b:latest`, 1],
    ])
    expect(usesEpoch).toBe(true)
    expect(imagesOf(`${text}FROM p AS q\nFROM q\n`, { target: undefined })).toEqual(['a:1', 'b:latest'])
  })

  it('a required variable that is missing is an error with its message', () => {
    expect(of('ARG BASE_IMAGE\nFROM ${V:?unset} AS a\nFROM $BASE_IMAGE\nCOPY --from=a / /\n').issues).toMatchObject([
      { message: 'V: unset', line: 2 },
    ])
  })
})

it.each([
  [`${HEAD}RUN --mount='type=bind,"from=a:1",target=/m' true\n`],
  [`${HEAD}RUN --mount=type=bind,from=a:1,target=/m \\\n # a\n true\n`],
  [`\uFEFF${HEAD}COPY \\\r\n  --from="a:1" /a /a\r\n`],
  [`# escape=\`\n${HEAD}COPY --from=a:\`\n# why\n1 /a /a\n`],
])('a name is replaced in its place: %j', (text) => {
  const places = of(text).externals.flatMap((image) => image.places)
  const replaced = replaceSpans(
    text,
    places.map((place) => ({ place, text: 'b:2' })),
  )
  expect(imagesOf(replaced)).toEqual(['b:2'])
})

describe('the paths of the context', () => {
  it.each<[string, readonly string[] | 'all']>([
    ['COPY src/ ./lib/*.[ch] /a/', ['lib/*.[ch]', 'src']],
    ['COPY ["my file", "/b", "/a/"]', ['b', 'my file']],
    ['COPY ../../x/../y /a', ['y']],
    ['COPY . /a', 'all'],
    ['COPY / /a', 'all'],
    ['COPY --from=x . /a', []],
    ['COPY <<E b /a/\nc\nE', ['b']],
    ['ADD https://example.com/a git@example.com:a.git#v1 b.tar /a/', ['b.tar']],
    ['RUN --mount=target=/m,source=src true', ['src']],
    ['RUN --mount=type=bind,target=/m true', 'all'],
    ['RUN --mount=type=cache,target=/m --mount=type=tmpfs,target=/t true', []],
    ['RUN --mount=from=x,target=/m true', []],
    ['ARG D=src\nENV E=$D/in F=$E\nCOPY $E ${D}/b /a/', ['src/b', 'src/in']],
    ['COPY ${FROM_THE_IMAGE:-a} /a', 'all'],
    ['ARG BUILDARCH\nCOPY $BUILDARCH /a', 'all'],
    ['ARG D=a\nARG D=b\nCOPY $D /a', 'all'],
    ['COPY "a /a', 'all'],
    ['ARG GIVEN=no\nCOPY $GIVEN /a', ['given']],
    ['COPY ${TARGETARCH} /a', 'all'],
    ['ARG TARGETARCH\nCOPY ${TARGETARCH} /a', ['amd64']],
    ['ONBUILD COPY x /a', []],
    ['ONBUILD COPY x /a\nFROM target', ['x']],
    ['ENV D=x\nFROM target\nCOPY $D /a', ['x']],
  ])('%j', (lines, paths) => {
    const text = `ARG BASE_IMAGE\nFROM scratch AS x\nCOPY unused /\nFROM \${BASE_IMAGE} AS target\n${lines}\n`
    const expected = lines.includes('--from=x') || lines.includes('from=x') ? ['unused', ...paths] : paths
    expect(of(text, { args: { GIVEN: 'given' } }).contextPaths).toEqual(expected)
  })
})

it.each<[string, boolean]>([
  [`https://example.com/a.git#${'a'.repeat(40)}`, false],
  [`git@example.com:a.git#${'a'.repeat(40)}:dir`, false],
  [`https://example.com/a.git?branch=x&commit=${'a'.repeat(40)}`, false],
  ['https://example.com/a.git#v1', true],
  [`https://example.com/a#${'a'.repeat(40)}`, true],
  ['local.git', false],
])('whether ADD %s can change: %s', (source, isVolatile) => {
  expect(of(`${HEAD}ADD ${source} /a\n`).unpinned).toHaveLength(isVolatile ? 1 : 0)
})

it.each([
  ['src=settings,target=/root/app.conf', 'settings'],
  ['source=settings', 'settings'],
  ['id=settings,target=/x', 'settings'],
  ['dst=/root/settings/', 'settings'],
  ['TYPE=secret,ID=settings', 'settings'],
  ['"id=settings"', 'settings'],
  ['id=$NAME', 'settings'],
])('a secret mounted by %s is requested as %s', (options, id) => {
  const { secrets } = of(`${HEAD}ARG NAME=settings\nRUN --mount=type=secret,${options},required=true true\n`)
  expect(secrets).toEqual([{ kind: 'secret', id, isRequired: true, line: 4 }])
})

it('reports the args that can have an effect', () => {
  const text = `ARG BASE_IMAGE\nARG A=1\nFROM $BASE_IMAGE\nARG B C="x y" HTTP_PROXY\nONBUILD ARG D\nRUN ARG E\n`
  const args = { UNUSED: '1', BUILDKIT_INLINE_CACHE: '1', TARGETARCH: 'x', no_proxy: 'x' }
  expect(of(text, { args }).usedArgs).toEqual([
    'A',
    'B',
    'BASE_IMAGE',
    'BUILDKIT_INLINE_CACHE',
    'C',
    'D',
    'HTTP_PROXY',
    'TARGETARCH',
  ])
})

it.each([
  [`${HEAD}ARG BASE_IMAGE\n`, true],
  [`ARG BASE_IMAGE\nARG COPY=$BASE_IMAGE\nFROM $BASE_IMAGE\nARG COPY\n`, true],
  [`${HEAD}ARG OTHER\n`, false],
])('whether a stage of %j sees the base’s name: %s', (text, expected) => {
  expect(of(text).usesBaseArgInStage).toBe(expected)
})

describe('normalized text', () => {
  const normalized = (text: string) => normalizedText(parseDockerfile(text))

  it('is without comments, empty lines and carriage returns, and means the same', () => {
    const text = `# syntax=docker/dockerfile:1\r\n# why\r\n\r\nFROM a\r\n# why\r\nRUN x \\\r\n# why\r\n\r\n  y\r\n`
    expect(normalized(text)).toBe('# syntax=docker/dockerfile:1\nFROM a\nRUN x \\\n  y')
    expect(normalized(normalized(text))).toBe(normalized(text))
  })

  it('keeps the bodies of heredocs byte for byte', () => {
    const heredoc = 'RUN <<E\r\n# body\r\n\r\nE\r\n'
    expect(normalized(`FROM a\n${heredoc}# why\nRUN b\n`)).toBe('FROM a\nRUN <<E\n# body\r\n\r\nE\nRUN b')
  })

  it('makes no directive of a comment', () => {
    expect(normalized('# why\n# escape=`\nFROM a\nRUN `\n')).toBe('FROM a\nRUN `')
  })

  it.each(['FROM a\nRUN <<E\n# body\n', '# syntax=me/mine\n# body\n'])('is the text where %j is uncertain', (text) => {
    expect(normalized(text)).toBe(text)
  })
})
