import { findInstruction } from '../../../packages/core/src/builder/build/dockerfile-line.js'
import { webUrl } from '../../../packages/core/src/context/git/git-origin.js'
import { PatternError, readPattern } from '../../../packages/core/src/context/patterns/ignore-pattern.js'
import { createIgnoreRules } from '../../../packages/core/src/context/patterns/ignore-rules.js'
import { componentMatcher } from '../../../packages/core/src/context/patterns/path-pattern.js'
import { analyze } from '../../../packages/core/src/dockerfile/analysis.js'
import { parseDockerfile } from '../../../packages/core/src/dockerfile/syntax/parse.js'
import type { FuzzTarget } from '../target.js'
import { PLATFORM } from './values.js'

const DOCKERFILES = [
  `# syntax=docker/dockerfile:1
ARG BASE_IMAGE
ARG VERSION=\${BASE_IMAGE:-1}
FROM \${BASE_IMAGE} AS build
ENV A="b c" D=e\\ f
RUN --mount=type=cache,target=/c --mount=type=secret,id=s <<EOF
make \${VERSION%%.*}
EOF
FROM --platform=$BUILDPLATFORM alpine:3.22 AS tools
ARG toString
COPY --from=build --chown=1:2 ["/a b", "/c"]
COPY --link a* b/ c/
ADD --checksum=sha256:${'0'.repeat(64)} https://example.com/x /x
ONBUILD RUN x
`,
  '# escape=`\nFROM a `\n  AS b\nRUN echo $' + '{A/b/c} "q" \'r\'\nFROM b\n',
]

export const DOCKERFILE_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'dockerfile',
    seeds: DOCKERFILES,
    words: [
      'FROM ',
      'ARG ',
      'COPY --from=',
      '<<EOF\n',
      '${A:-',
      '${A%%',
      '${A//',
      '}',
      '\\\n',
      '# escape=`\n',
      '--mount=',
      'ONBUILD ',
    ],
    read(input) {
      const text = input.toString()
      const args = { BASE_IMAGE: 'x', VERSION: '1' }
      return [
        analyze(parseDockerfile(text), { platform: PLATFORM, target: undefined, args, baseNames: ['a'] }),
        findInstruction(text, '[build 2/3] RUN make'),
      ]
    },
  },
  {
    name: 'dockerignore',
    seeds: ['# c\nnode_modules\n!node_modules/keep\n**/*.log\n/a/*/b?[a-c]\\*\n', 'a*b*c*d*e*f\n**/**/x\n[^a]\n'],
    words: ['**/', '*', '!', '[a-', '[^', ']', '\\', '?', '../'],
    read(input) {
      const rules = createIgnoreRules(
        input
          .toString()
          .split('\n')
          .flatMap((line) => readPattern(line) ?? []),
      )
      return ['a', 'node_modules/keep/x', 'a'.repeat(200), 'a/'.repeat(50)].map((path) =>
        rules.evaluate(path, undefined),
      )
    },
    errors: [PatternError],
  },
  {
    name: 'copy-pattern',
    seeds: ['a*b?c', '[a-z]*[^0-9]', '*a*a*a*a*a*a*a*b', '\\*'],
    words: ['*', '[', ']', '\\', '?', '^', '-'],
    read: (input) => ['a'.repeat(300), 'abc', ''].map(componentMatcher(input.toString())),
  },
  {
    name: 'git-url',
    seeds: ['git@example.com:team/app.git', 'https://user:pw@example.com:1/a.git?token=x#main', 'ssh://git@h/a'],
    words: ['://', '@', ':', '?', '#'],
    read: (input) => webUrl(input.toString()),
  },
]
