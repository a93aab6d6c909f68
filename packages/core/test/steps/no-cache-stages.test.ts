import { expect, it } from 'vitest'
import { parseDockerfile } from '../../src/dockerfile/syntax/parse.js'
import { noCacheIssues } from '../../src/steps/image/no-cache-stages.js'

const dockerfile = parseDockerfile('FROM scratch AS tools\nFROM scratch\nCOPY --from=tools /a /a\n')

it.each<[boolean | readonly string[], readonly string[]]>([
  [true, []],
  [false, []],
  [['Tools'], []],
  [['tool'], ["noCacheFilter names 'tool', which is not a stage"]],
])('noCache %j has these issues: %j', (noCache, messages) => {
  expect(noCacheIssues(dockerfile, { noCache }).map(({ message }) => message)).toEqual(messages)
})
