import { expect, test } from 'vitest'
import { analyze } from '../../src/dockerfile/analysis.js'
import { parseDockerfile } from '../../src/dockerfile/syntax/parse.js'
import type { WorkEvent } from '../../src/model/run/events.js'
import { noteMissingSecrets, secretIssues } from '../../src/steps/image/secrets/mounted-secrets.js'

const DOCKERFILE = `ARG BASE_IMAGE
FROM \${BASE_IMAGE} AS unused
RUN --mount=type=secret,id=unused,required=true true
FROM \${BASE_IMAGE}
RUN --mount=type=secret,id=given --mount=type=secret,id=optional --mount=type=secret,target=/run/by-target true
RUN --mount=type=secret,id=first,required \\
    --mount=type=ssh,id=deploy,required=true --mount=type=cache,target=/c true
RUN --mount=type=ssh --mount=type=secret,id=off,required=false --mount=type=secret,id=$VARIABLE true
`

const analysis = analyze(parseDockerfile(DOCKERFILE), {
  platform: { os: 'linux', architecture: 'amd64' },
  args: {},
  baseNames: [],
})
const source = { kind: 'env', name: 'TOKEN' } as const

test('what a step of the target cannot do without is an issue with its line, if the build does not give it', () => {
  const issues = secretIssues(analysis, { secrets: { given: source }, ssh: {} })
  expect(issues).toMatchObject([
    { message: expect.stringContaining("secret 'first' is required"), line: 6 },
    { message: expect.stringContaining("ssh agent 'deploy' is required"), line: 6 },
  ])
  const all = { secrets: { first: source }, ssh: { deploy: { kind: 'agent' as const } } }
  expect(secretIssues(analysis, all)).toEqual([])
})

test('what else is mounted and not given is a note', () => {
  const events: WorkEvent[] = []
  const given = { secrets: { given: source, first: source }, ssh: {} }
  noteMissingSecrets(analysis, given, 'Dockerfile', { onEvent: (event) => events.push(event) })
  expect(events.map((event) => event.kind === 'note' && event.message.split(' is mounted')[0])).toEqual([
    "Dockerfile:5: secret 'optional'",
    "Dockerfile:5: secret 'by-target'",
    "Dockerfile:8: ssh agent 'default'",
    "Dockerfile:8: secret 'off'",
  ])
})
