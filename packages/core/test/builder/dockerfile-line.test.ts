import { expect, test } from 'vitest'
import { findInstruction } from '../../src/builder/build/dockerfile-line.js'

const DOCKERFILE = `# syntax comes first
ARG BASE=scratch
FROM docker.io/library/debian AS builder
ENV A=1
RUN one && \\
    two
WORKDIR /src

COPY . .
RUN three

FROM builder
RUN four
from scratch AS last
copy --from=builder /src /src
`

test.each([
  ['[builder 1/5] FROM docker.io/library/debian', 3],
  ['[builder 2/5] RUN one &&     two', 5],
  ['[builder 3/5] WORKDIR /src', 7],
  ['[builder 5/5] RUN three', 10],
  ['[linux/arm/v7 builder 5/5] RUN three', 10],
  ['[stage-1 1/1] RUN four', 13],
  ['[last 1/1] COPY --from=builder /src /src', 15],
])('%s is line %i', (step, line) => {
  expect(findInstruction(DOCKERFILE, step)).toBe(line)
})

test.each([
  ['[internal] load build definition from Dockerfile'],
  ['exporting to image'],
  // One step more than the file has: the base brought it.
  ['[builder 3/6] RUN one'],
  ['[builder 3/5] RUN one'],
  ['[other 2/5] RUN one'],
])('%s has no line', (step) => {
  expect(findInstruction(DOCKERFILE, step)).toBeUndefined()
})

test('needs no stage in the name if there is one stage only', () => {
  expect(findInstruction('FROM debian\nRUN a\nRUN b\n', '[3/3] RUN b')).toBe(3)
})
