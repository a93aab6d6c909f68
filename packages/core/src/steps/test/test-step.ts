import type { TestNode } from '../../graph/node.js'
import { DefinitionError } from '../../model/errors.js'
import { inputOf, type Output, type Step } from '../step.js'
import { isRecorded, testKey } from './test-key.js'
import type { ResolvedTest, TestWork } from './test-work.js'

/** A test of an image: its result is the tested image, and there is one only if the image has passed. */
export const testStep: Step<TestNode, ResolvedTest> = {
  async resolve({ id, test }, { contexts }, { signal }) {
    if (test.kind !== 'command' || test.mount === undefined) return {}
    const directory = { kind: 'directory', path: test.mount.source } as const
    try {
      const context = await contexts.open({ context: directory, dockerfile: '', inline: '' }, signal)
      const { digest } = await context.select('all', signal)
      return { mount: { context, digest } }
    } catch (error) {
      if (!(error instanceof DefinitionError)) throw error
      throw new DefinitionError(error.issues.map((issue) => ({ ...issue, path: `${id} mount` })))
    }
  },

  decidedBy: ({ image }) => [image],

  key: (node, resolved, inputs) => testKey(node, resolved.mount?.digest, inputOf(inputs, node.image).descriptor.digest),

  predict: testedImage,

  async lookup(work, { passed }, call) {
    const output = testedImage(work)
    const hasPassed = isRecorded(work.node.test) && (await passed.has(output, work.key, call))
    return hasPassed ? { state: 'present', output } : { state: 'absent' }
  },

  explain: async ({ node: { test } }) => [{ kind: isRecorded(test) ? 'untested' : 'unversioned' }],

  async perform(work, services, call) {
    const output = testedImage(work)
    // Loads the code for tests only if one runs.
    const { performTest } = await import('./test-run.js')
    await performTest(work, output, services, call)
    return output
  },
}

function testedImage({ node, inputs }: Pick<TestWork, 'node' | 'inputs'>): Output {
  const { reference, descriptor } = inputOf(inputs, node.image)
  return { reference, descriptor }
}
